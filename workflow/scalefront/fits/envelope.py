"""The compute-optimal envelope of curves of several sizes: at every compute the size with the lowest loss."""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

POINTS_PER_DECADE = 8
BETWEEN_SIZES = 4
AT_ONCE = 200_000  # losses interpolated together: more would leave the cache


class SizeCurve(NamedTuple):
    """Loss against time at one size.

    Attributes
    ----------
    size : positive
    time : (T,) positive, ascending, T >= 2
    loss : (T,) or (T, R) positive; R resamples
    """

    size: float
    time: np.ndarray
    loss: np.ndarray


class Cost(NamedTuple):
    """compute = factor size^size_power time^time_power."""

    factor: float
    size_power: int
    time_power: int

    def compute(self, size, time):
        return self.factor * size**self.size_power * time**self.time_power

    def time(self, compute, size):
        return (compute / (self.factor * size**self.size_power)) ** (1 / self.time_power)


class Optimum(NamedTuple):
    """Optimal size, its time and loss at every compute, each (C,) or (C, R); NaN where no two sizes reach it.

    ``edge``: booleans of the same shape, true where the lowest loss is that of the smallest or largest size which
    reaches this compute, so that the optimum sits on the edge of the grid in size or in time.
    """

    size: np.ndarray
    time: np.ndarray
    loss: np.ndarray
    edge: np.ndarray


def compute_grid(curves, cost):
    """(C,) powers 10^(k/8) over the span of compute that the curves cover."""
    ends = [cost.compute(curve.size, curve.time[[0, -1]]) for curve in curves]
    low, high = np.log10(np.min(ends)), np.log10(np.max(ends))
    steps = np.arange(np.ceil(low * POINTS_PER_DECADE - 1e-9), np.floor(high * POINTS_PER_DECADE + 1e-9) + 1)
    return 10 ** (steps / POINTS_PER_DECADE)


def envelope(curves, cost, compute):
    """Optimal size, time and loss at each compute.

    In time, log L of every curve is interpolated in log t by PCHIP, which never overshoots where a loss drops off a
    plateau between two points of the grid. In size, log L is interpolated in log N by a cubic spline *at fixed time*,
    where it bends less than at fixed compute, to BETWEEN_SIZES sizes for every one of the grid. The loss at fixed
    compute along these is a cubic spline again; its minimum next to the best size is a root of the derivative.

    Parameters
    ----------
    curves : SizeCurves, ascending in size, all with the same shape of resamples
    cost : Cost
    compute : (C,) positive

    Returns
    -------
    Optimum
    """
    log_sizes = np.log([curve.size for curve in curves])
    in_time = [log_loss_in_time(curve) for curve in curves]
    nodes = _nodes(log_sizes)
    drawn = np.shape(curves[0].loss)[1:]
    shape = (len(compute), *drawn)
    log_size, log_loss, edge = np.full(shape, np.nan), np.full(shape, np.nan), np.ones(shape, bool)
    at_once = max(AT_ONCE // (len(curves) * len(nodes) * int(np.prod(drawn))), 1)
    for start in range(0, len(compute), at_once):
        some = slice(start, start + at_once)
        log_time = np.log(cost.time(compute[some, None], np.exp(nodes)))
        along = _loss_at_nodes(log_sizes, in_time, np.tile(nodes, len(log_time)), log_time.ravel())
        along = along.reshape(*log_time.shape, *drawn)
        reached = np.isfinite(along.reshape(*log_time.shape, -1)).all(axis=2)
        for pattern in np.unique(reached, axis=0):
            if pattern.sum() > 2:
                alike = start + np.flatnonzero((reached == pattern).all(axis=1))
                losses = np.moveaxis(along[alike - start][:, pattern], 1, 0)
                log_size[alike], log_loss[alike], edge[alike] = lowest(nodes[pattern], losses)
    size = np.exp(log_size)
    time = cost.time(compute.reshape(-1, *[1] * (len(shape) - 1)), size)
    return Optimum(size, time, np.exp(log_loss), edge)


def _nodes(log_sizes):
    """The sizes of the grid and those between them, equally spaced in log between two neighbours."""
    places = np.arange((len(log_sizes) - 1) * BETWEEN_SIZES + 1) / BETWEEN_SIZES
    return np.interp(places, np.arange(len(log_sizes)), log_sizes)


def _loss_at_nodes(log_sizes, in_time, nodes, log_time):
    """(nodes, ...) log loss, each at its own time; NaN where a neighbour of the grid does not reach that time."""
    losses = np.stack([interpolate(log_time) for interpolate in in_time])
    flat = losses.reshape(*losses.shape[:2], -1)
    reached = np.isfinite(flat).all(axis=2)
    values = np.full(flat.shape[1:], np.nan)
    for pattern in np.unique(reached, axis=1).T:
        if pattern.sum() > 1:
            columns = (reached == pattern[:, None]).all(axis=0)
            values[columns] = _across_sizes(log_sizes, pattern, flat[:, columns], nodes[columns])
    return values.reshape(losses.shape[1:])


def _across_sizes(log_sizes, pattern, losses, place):
    """(n, R) log loss at ``place`` (n,) from (k, n, R) at the sizes of ``pattern``, NaN next to a missing size."""
    gap = np.clip(np.searchsorted(log_sizes, place, side="right") - 1, 0, len(log_sizes) - 2)
    bracketed = pattern[gap] & pattern[gap + 1]
    known = log_sizes[pattern]
    piece = np.clip(np.searchsorted(known, place, side="right") - 1, 0, len(known) - 2)
    coefficients = CubicSpline(known, losses[pattern]).c[:, piece, np.arange(len(place))]
    x = (place - known[piece])[:, None]
    c0, c1, c2, c3 = coefficients
    return np.where(bracketed[:, None], ((c0 * x + c1) * x + c2) * x + c3, np.nan)


def log_loss_in_time(curve):
    """Function of log times (n,) to log losses (n, ...), NaN outside the curve."""
    u = np.log(curve.time)
    interpolate = PchipInterpolator(u, np.log(curve.loss), axis=0, extrapolate=False)

    def log_loss(log_time):
        # a time that equals an end up to rounding is inside
        rounded = np.clip(log_time, u[0], u[-1])
        return interpolate(np.where(np.abs(rounded - log_time) < 1e-9, rounded, log_time))

    return log_loss


def lowest(u, f):
    """Place and value of the minimum of the cubic spline through f(u), next to its lowest knot.

    Parameters
    ----------
    u : (k,) ascending, k >= 2
    f : (k, ...)

    Returns
    -------
    place, value, edge : (...); on the edge (the lowest knot is the first or the last) the knot itself
    """
    values = f.reshape(len(u), -1)
    best = values.argmin(axis=0)
    c0, c1, c2, c3 = CubicSpline(u, values).c
    # the root of 3 c0 x^2 + 2 c1 x + c2 at which the cubic has its minimum, without cancellation
    discriminant = c1**2 - 3 * c0 * c2
    denominator = c1 + np.sqrt(np.maximum(discriminant, 0))
    x = -c2 / np.where(denominator > 0, denominator, np.nan)
    piece = np.arange(len(u) - 1)[:, None]
    neighbour = (piece == best) | (piece == best - 1)
    valid = neighbour & (discriminant >= 0) & (x >= 0) & (x <= np.diff(u)[:, None])
    x = np.where(valid, x, 0.0)
    minima = np.where(valid, ((c0 * x + c1) * x + c2) * x + c3, np.inf)
    chosen, column = minima.argmin(axis=0), np.arange(values.shape[1])
    edge = (best == 0) | (best == len(u) - 1)
    at_knot = edge | ~np.isfinite(minima[chosen, column])
    place = np.where(at_knot, u[best], u[chosen] + x[chosen, column])
    value = np.where(at_knot, values[best, column], minima[chosen, column])
    return tuple(array.reshape(f.shape[1:]) for array in (place, value, edge))
