"""The ratio of two losses, each of one point at one time, or at the time at which it is lowest."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from scalefront.fits import intervals, selection
from scalefront.fits.excess import point_name
from scalefront.fits.losses import usable
from scalefront.fits.selection import Unfitted, select

PARAMETER = "ratio"
LOWEST = "lowest"
EXACT = "none: theory has no noise"


class Ratio(NamedTuple):
    """The ratio of two losses.

    Attributes
    ----------
    value : of the means over seeds
    low, high : its 95 % interval by bootstrap over seeds; the value itself for theory; NaN where there is neither
    interval : how it was made, None where there is none
    left_out : reason -> number of rows
    """

    value: float
    low: float
    high: float
    interval: str | None
    left_out: Counter


class _Losses(NamedTuple):
    """Losses (seeds, T) of one point at the times among which the lowest counts, and what they are."""

    values: np.ndarray
    seeds: int
    parameters: dict
    left_out: Counter

    @property
    def lowest(self):
        return float(np.nanmean(self.values, axis=0).min())


def ratio(rows, table, spec, kind, name):
    """L(where)/L(where with ``to`` replaced), of means over seeds; ``lowest`` is the lowest of the mean curve.

    The two points are drawn again independently, one point at two times together.

    Parameters
    ----------
    rows : curves table of ``kind``, the rows that the fit selects
    table : all rows of this kind, among which the other point is looked for
    spec : ``{of, where, to}``; ``time``, in where or in to, is a number, inf or "lowest"
    kind : "theory" has no noise: its interval is the value
    name : seeds the resamples

    Returns
    -------
    Ratio

    Raises
    ------
    Unfitted
        where either is not exactly one point, or has no positive loss
    """
    of, time = spec.get("of", "test_loss"), spec["where"].get("time", np.inf)
    above = _losses(rows, of, time)
    replaced = above.parameters | spec["to"]
    below = _losses(select(table, replaced), of, replaced.get("time", time))
    left_out = above.left_out + below.left_out
    if not (above.lowest > 0 and below.lowest > 0):
        raise Unfitted("no_data", f"the mean {of} is not positive", left_out)
    value = above.lowest / below.lowest
    if kind == "theory":
        return Ratio(value, value, value, EXACT, left_out)
    seeds = min(above.seeds, below.seeds)
    again = [_lowest_again(one, name) for one in (above, below)] if seeds >= intervals.MIN_SEEDS else None
    if again is None or not all((one > 0).all() for one in again):
        return Ratio(value, np.nan, np.nan, None, left_out)
    low, high = intervals.bootstrap_interval(again[0] / again[1], seeds)
    return Ratio(value, float(low), float(high), intervals.BOOTSTRAP, left_out)


def _lowest_again(losses, name):
    """(R,) lowest mean loss of resamples; one point is drawn alike wherever it stands."""
    return intervals.resampled_means(losses.values, intervals.generator(f"{name} {point_name(losses.parameters)}")).min(
        axis=1
    )


def _losses(rows, of, time):
    """The Losses of the one point that ``rows`` hold."""
    if rows.empty:
        raise Unfitted("no_data", "no such curve")
    selection.refuse_several_curves(rows, "time")
    finite = np.isfinite(rows["time"].to_numpy(float))
    good, left_out = usable(rows[finite] if time == LOWEST else selection.at_time(rows, time), of)
    if good.empty:
        raise Unfitted("no_data", f"a point has no {of} at time {time}", left_out)
    _, values = selection.by_seed(good, "time", good[of])
    present = np.isfinite(values).sum(axis=0)
    values = values[:, present >= present.max() / 2]  # the few runs that outlive the others are no fair draw
    seeds = int(np.isfinite(values).sum(axis=0).min()) if selection.carries_seeds(good) else 0
    return _Losses(values, seeds, selection.point_parameters(good), left_out)
