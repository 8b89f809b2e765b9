"""The compute-optimal frontier of a study: optima with their ranges, and their scaling with compute."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.errors import StudyError
from scalefront.fits import intervals
from scalefront.fits.envelope import Cost, SizeCurve, compute_grid, envelope
from scalefront.fits.estimates import Measured, estimate
from scalefront.fits.size_curves import MIN_SIZES, size_curves
from scalefront.fits.windows import within

QUANTITIES = ("size", "time", "loss")


class Frontier(NamedTuple):
    """The frontier of one kind.

    Attributes
    ----------
    points : frame of compute; size, time, samples, loss, each with _low and _high; edge
    exponents : "size" | "time" | "loss" -> Estimate of its power law in compute
    left_out : reason -> number of rows of curves, or of optima that no exponent is fitted to
    """

    points: pd.DataFrame
    exponents: dict
    left_out: Counter


def envelope_frontier(rows, spec, reach, name):
    """Frontier of the rows of one kind, by the envelope over sizes.

    Parameters
    ----------
    rows : curves table of one kind
    spec : ``{size: word, compute: [words], of: test_loss}``; compute is the product of the columns, the size and
        ``time`` among them, the others constant
    reach : (parameters, word) -> (low, high) or None, or None altogether; it is asked for the reach of the size at
        infinite time and of time at infinite size, as near the frontier size and time bend each other
    name : seeds the resamples

    Returns
    -------
    Frontier

    Raises
    ------
    Unfitted
        where fewer than three sizes have a curve, or several frontiers match
    """
    size = spec["size"]
    found = size_curves(rows, size, spec.get("of", "test_loss"))
    parameters = found.curves[0].parameters
    cost = _cost(spec, parameters)
    mean = [SizeCurve(n, one.x, one.mean) for n, one in zip(found.sizes, found.curves, strict=True)]
    compute = compute_grid(mean, cost)
    optimum = envelope(mean, cost, compute)
    again = _drawn_again(found, cost, compute, name) if found.seeds >= intervals.MIN_SEEDS else None
    ranges = _half_grid_ranges(mean, cost, compute, optimum) if found.seeds == 0 else _bootstrap(again, found.seeds)
    points = _points(compute, optimum, ranges)
    points = _with_samples(points, parameters, rows)
    kept, left_out = _fitted(points, _reaches(reach, parameters, size))
    exponents = {
        quantity: _exponent(points[kept], quantity, again and getattr(again, quantity)[kept], found.seeds)
        for quantity in QUANTITIES
    }
    known = np.isfinite(points["size"])
    return Frontier(points[known].reset_index(drop=True), exponents, found.left_out + left_out)


def _cost(spec, parameters):
    powers = Counter(spec["compute"])
    size_power, time_power = powers.pop(spec["size"], 0), powers.pop("time", 0)
    factor = float(np.prod([float(parameters[word]) ** power for word, power in powers.items()]))
    if not (size_power and time_power and 0 < factor < np.inf):
        allowed = f"a product of {spec['size']}, time and other columns that are finite and positive"
        raise StudyError("frontier", "compute", spec["compute"], allowed)
    return Cost(factor, size_power, time_power)


def _drawn_again(found, cost, compute, name):
    """Optimum (C, R) of curves drawn again from their seeds; the seeds of different sizes are independent."""
    rng = intervals.generator(name)
    again = [intervals.resampled_means(one.losses, rng).T for one in found.curves]
    curves = [SizeCurve(n, one.x, loss) for n, one, loss in zip(found.sizes, found.curves, again, strict=True)]
    return envelope(curves, cost, compute)


def _bootstrap(again, seeds):
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
        return points.assign(**{f"samples{end}": samples * points[f"time{end}"] ** 0 for end in ("", "_low", "_high")})
    rate = np.nan
    if np.isfinite(batch) and "steps" in rows:
        moved = rows[np.isfinite(rows["time"]) & (rows["time"] > 0)]
        rate = batch * (moved["steps"] / moved["time"]).median()
    return points.assign(**{f"samples{end}": rate * points[f"time{end}"] for end in ("", "_low", "_high")})


def _reaches(reach, parameters, size):
    unbounded = parameters | {size: np.inf, "time": np.inf}
    words = {"size": size, "time": "time"}
    return {name: (reach and reach(unbounded, word)) or (0.0, np.inf) for name, word in words.items()}


def _fitted(points, reaches):
    """Which optima the exponents are fitted to, (C,), and a Counter of why the others are not."""
    known, edge = np.isfinite(points["size"].to_numpy()), points["edge"].to_numpy()
    inside = np.logical_and.reduce([within(points[name].to_numpy(), bounds) for name, bounds in reaches.items()])
    left_out = {"on the edge of the grid": known & edge, "out of reach": known & ~edge & ~inside}
    return known & ~edge & inside, +Counter({reason: int(which.sum()) for reason, which in left_out.items()})


def _exponent(points, quantity, again, seeds):
    """Estimate of the power law of one quantity (C,) in compute; the reach is already applied to the points."""
    resampled = None if again is None else again.T
    measured = Measured(points["compute"].to_numpy(), points[quantity].to_numpy(), resampled, seeds)
    return estimate(measured, "auto", reach=(0.0, np.inf))
