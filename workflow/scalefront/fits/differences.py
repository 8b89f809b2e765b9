"""How far simulations lie from their theory."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.fits import intervals
from scalefront.fits.selection import Unfitted, usable

EXACT = 1e-6  # runs nearer to theory than this at all times have nothing random
PARAMETER = "relative_difference"
_TIME_DIGITS = 10


class Difference(NamedTuple):
    """RMS of simulation/theory - 1.

    Attributes
    ----------
    value : the RMS over (point, finite time) of mean-over-seeds(simulation)/theory - 1
    low, high : 95 % interval by bootstrap over seeds, NaN below 5 seeds
    used : number of (point, time) that both kinds have
    left_out : reason -> number of rows, or of (point, time) that one kind alone has
    """

    value: float
    low: float
    high: float
    used: int
    left_out: Counter


def relative_difference(rows, of, name):
    """RMS of mean-over-seeds(simulation)/theory - 1 over all (point, finite time) that ``rows`` hold in both kinds.

    Points without randomness, at which every run equals theory to rounding (infinite width and samples), are left out:
    they would only dilute it.
    Noise adds to a mean of squares, in every resample once more: the interval is the basic bootstrap interval of the
    mean square, [2 v - q_high, 2 v - q_low], cut at zero and widened so that it holds the value.

    Raises
    ------
    Unfitted
        "no_data" where no point and time has both kinds
    """
    good, left_out = usable(rows, of)
    good = good[np.isfinite(good["time"].to_numpy(float))]
    # times of the two kinds are made by the same rule but not always by the same code: equal to 10 digits
    good = good.assign(time=[float(f"{t:.{_TIME_DIGITS - 1}e}") for t in good["time"]])
    theory = good[good["kind"] == "theory"].groupby(["point", "time"])[of].mean()
    runs = good[good["kind"] == "simulation"].pivot_table(index="seed", columns=["point", "time"], values=of)
    shared = runs.columns.intersection(theory.index).sort_values()
    if not len(shared):
        raise Unfitted("no_data", "no point and time has both kinds", left_out)
    ratios = runs[shared] / theory[shared]
    random = ((ratios - 1).abs() > EXACT).any().groupby(level="point").transform("any")
    left_out += Counter({"without randomness": int((~random).sum())})
    ratios = ratios.loc[:, random] if random.any() else ratios
    value = float(np.mean((ratios.mean() - 1) ** 2))
    low, high = _interval(ratios, value, name)
    left_out += Counter({"in one kind only": len(runs.columns.union(theory.index)) - len(shared)})
    return Difference(*np.sqrt([value, low, high]).tolist(), ratios.shape[1], left_out)


def _interval(ratios, value, name):
    """Ends of the interval of the mean square: every point has seeds of its own, a seed all times of its point."""
    seeds = int(ratios.notna().sum().min())
    if seeds < intervals.MIN_SEEDS:
        return np.nan, np.nan
    rng = intervals.generator(name)
    points = ratios.columns.get_level_values("point")
    means = [intervals.resampled_means(_runs(ratios.loc[:, points == point]), rng) for point in pd.unique(points)]
    squares = np.mean((np.hstack(means) - 1) ** 2, axis=1)
    low, high = intervals.bootstrap_interval(squares, seeds)
    return float(np.clip(2 * value - high, 0, value)), float(max(2 * value - low, value))


def _runs(ratios):
    """(seeds, times) of one point, without the seeds that it was not run with."""
    return ratios.dropna(how="all").to_numpy(float)
