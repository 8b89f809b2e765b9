"""Optima of curves that differ in their size, with what the grid or the seeds leave open."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.errors import StudyError
from scalefront.fits import intervals
from scalefront.fits.envelope import Cost, Optimum, SizeCurve, envelope
from scalefront.fits.size_curves import MIN_SIZES

QUANTITIES = ("size", "time", "loss")
_ENDS = ("", "_low", "_high")


class Optima(NamedTuple):
    """Optima of one kind on a grid of compute.

    Attributes
    ----------
    points : frame (C,) of compute; size, time, samples, loss, each with _low and _high; edge; and what others add
    again : Optimum of the resamples, (C, R); None for curves without seeds or with too few
    samples_again : (C, R) or (C, 1) samples of the resamples, None where ``again`` is
    seeds : number of seeds, 0 for curves without noise
    """

    points: pd.DataFrame
    again: Optimum | None
    samples_again: np.ndarray | None
    seeds: int


def cost_of(compute, size, parameters):
    """The Cost that the product of the words ``compute`` is, for curves with these parameters; raises StudyError."""
    powers = Counter(compute)
    size_power, time_power = powers.pop(size, 0), powers.pop("time", 0)
    factor = float(np.prod([float(parameters[word]) ** power for word, power in powers.items()]))
    if not (size_power and time_power and 0 < factor < np.inf):
        allowed = f"a product of {size}, time and other columns that are finite and positive"
        raise StudyError("frontier", "compute", compute, allowed)
    return Cost(factor, size_power, time_power)


def mean_curves(found):
    """SizeCurves for the envelope: the means over seeds."""
    return [SizeCurve(n, one.x, one.mean) for n, one in zip(found.sizes, found.curves, strict=True)]


def find_optima(found, cost, compute, rows, name):
    """Optima of the curves of one number of samples.

    Parameters
    ----------
    found : SizeCurves of the table
    cost : Cost
    compute : (C,)
    rows : their rows of the curves table, which say how many samples a time has seen
    name : seeds the resamples

    Returns
    -------
    Optima
    """
    mean = mean_curves(found)
    optimum = envelope(mean, cost, compute)
    again = _drawn_again(found, cost, compute, name) if found.seeds >= intervals.MIN_SEEDS else None
    ranges = (
        _half_grid_ranges(mean, cost, compute, optimum) if found.seeds == 0 else bootstrap_ranges(again, found.seeds)
    )
    points = _with_samples(_points(compute, optimum, ranges), found.curves[0].parameters, rows)
    return Optima(points, again, None if again is None else points[["samples"]].to_numpy(), found.seeds)


def _drawn_again(found, cost, compute, name):
    """Optimum (C, R) of curves drawn again from their seeds; the seeds of different sizes are independent."""
    rng = intervals.generator(name)
    again = [intervals.resampled_means(one.losses, rng).T for one in found.curves]
    curves = [SizeCurve(n, one.x, loss) for n, one, loss in zip(found.sizes, found.curves, again, strict=True)]
    return envelope(curves, cost, compute)


def bootstrap_ranges(again, seeds):
    """Quantity -> (low, high), each (C,); empty where there are too few seeds."""
    if again is None:
        return {}
    return {quantity: intervals.bootstrap_interval(getattr(again, quantity).T, seeds) for quantity in QUANTITIES}


def _half_grid_ranges(curves, cost, compute, optimum):
    """Quantity -> (low, high) over the optima of all sizes and of every second one, from the first and the second."""
    halves = [envelope(half, cost, compute) for half in (curves[::2], curves[1::2]) if len(half) >= MIN_SIZES]
    ranges = {}
    for quantity in QUANTITIES if halves else ():
        own = getattr(optimum, quantity)
        others = np.stack([np.where(half.edge, np.nan, getattr(half, quantity)) for half in halves])
        known = np.isfinite(own) & np.isfinite(others).any(axis=0)
        ranges[quantity] = tuple(
            np.where(known, bound(own, bound.reduce(others)), np.nan) for bound in (np.fmin, np.fmax)
        )
    return ranges


def _points(compute, optimum, ranges):
    empty = np.full(len(compute), np.nan)
    columns = {"compute": compute}
    for quantity in QUANTITIES:
        low, high = ranges.get(quantity, (empty, empty))
        columns |= {quantity: getattr(optimum, quantity), f"{quantity}_low": low, f"{quantity}_high": high}
    return pd.DataFrame(columns | {"edge": optimum.edge})


def _with_samples(points, parameters, rows):
    """Points with the samples seen: the training set, or batch x steps of fresh ones; null at infinite batch."""
    samples, batch = parameters.get("samples", np.inf), parameters.get("batch", np.inf)
    if np.isfinite(samples):
        return points.assign(**{f"samples{end}": samples * points[f"time{end}"] ** 0 for end in _ENDS})
    rate = np.nan
    if np.isfinite(batch) and "steps" in rows:
        moved = rows[np.isfinite(rows["time"]) & (rows["time"] > 0)]
        rate = batch * (moved["steps"] / moved["time"]).median()
    return points.assign(**{f"samples{end}": rate * points[f"time{end}"] for end in _ENDS})


def least(many):
    """At every compute, and in every resample, the Optima with the lowest loss; all are on one grid of compute."""
    if len(many) == 1:
        return many[0]
    losses = np.stack([one.points["loss"].to_numpy() for one in many])
    row = np.where(np.isnan(losses), np.inf, losses).argmin(axis=0)
    places = np.arange(len(row))
    columns = {name: np.stack([one.points[name].to_numpy() for one in many])[row, places] for name in many[0].points}
    points, seeds = pd.DataFrame(columns), min(one.seeds for one in many)
    if any(one.again is None for one in many):
        return Optima(points, None, None, seeds)
    losses = np.stack([one.again.loss for one in many])
    best = np.where(np.isnan(losses), np.inf, losses).argmin(axis=0)[None]
    again = Optimum(
        *(np.take_along_axis(np.stack(values), best, 0)[0] for values in zip(*(one.again for one in many), strict=True))
    )
    samples = np.stack([np.broadcast_to(one.samples_again, again.loss.shape) for one in many])
    samples = np.take_along_axis(samples, best, 0)[0]
    ranges = bootstrap_ranges(again, seeds) | {"samples": intervals.bootstrap_interval(samples.T, seeds)}
    ends = {
        f"{name}{end}": values for name, both in ranges.items() for end, values in zip(_ENDS[1:], both, strict=True)
    }
    return Optima(points.assign(**ends), again, samples, seeds)
