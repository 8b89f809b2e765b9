"""Rich gradient flow of independent modes: the closed equation of infinite width (theory/feature_learning.md 2.4, 2.5).

Any depth, any number of modes, all times: the steps of ``flow_march`` are halved until the loss stands still.
"""

from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.flow_march import Modes, march

TOLERANCE = 1e-6
NEGLIGIBLE = 1e-12  # of the initial loss: no digits are asked of a smaller one
COARSEST_STEP = 0.1  # in asinh(tau/scale), at late times the logarithm of tau
MOST_HALVINGS = 6
GAIN = 4  # of accuracy by halving the steps, at least: measured 4 to 15
ROOT_ITERATIONS = 30


class Flow(NamedTuple):
    """A flow at T times; each array has a leading (S,) where a batch of S was asked for.

    Attributes
    ----------
    remaining : (T, K) v = w - b, what each mode has yet to learn; b = target - remaining
    speed : (T,) Gamma = q^L, by which the kernel has grown since the start
    converged : (T,) whether the loss is known to the tolerance
    """

    remaining: np.ndarray
    speed: np.ndarray
    converged: np.ndarray


def flow(rate, target, weight, time, richness, depth, floor=0.0, tolerance=TOLERANCE):
    """What remains of each mode at each time, and the speed, of the flow from b = 0.

    Parameters
    ----------
    rate : (K,) or (S, K) eigenvalues lambda_k >= 0
    target : (K,) or (S, K) w_k; a mode of rate 0 stays at b = 0
    weight : (K,) or (S, K) numbers of modes in a group, |b|^2 = sum_k weight_k b_k^2
    time : (T,) times >= 0, in any order; inf, too
    richness : gamma >= 0
    depth : number L >= 1 of hidden matrices
    floor : () or (S,) loss on top of sum_k weight_k rate_k v_k^2 that does not go away
    tolerance : relative error of the whole loss at every time at which it is above 1e-12 of its start; estimated by
        halving the steps

    Raises
    ------
    ValueError : a negative time, richness or rate, or a depth below 1.
    """
    time = np.asarray(time, float)
    if np.any(np.asarray(rate) < 0) or not (np.all(time >= 0) and richness >= 0 and depth >= 1):
        raise ValueError("times, richness and rates are at least 0, depth is at least 1")
    single = np.ndim(rate) == 1
    modes = _modes(rate, target, weight, richness, depth)
    floor = np.broadcast_to(np.asarray(floor, float), modes.scale.shape)
    late, finite = np.isinf(time), np.flatnonzero(np.isfinite(time))
    remaining = np.empty((len(modes.scale), time.size, modes.rate.shape[1]))
    speed = np.ones(remaining.shape[:2])
    converged = np.ones(remaining.shape[:2], bool)
    remaining[:, late] = np.where(modes.rate > 0, 0.0, modes.target)[:, None]
    speed[:, late] = _last_speed(modes, richness, depth)[:, None]
    if richness == 0:
        remaining[:, finite] = modes.target[:, None] * np.exp(-modes.rate[:, None] * time[finite][:, None])
    elif finite.size:
        learnt = _refined(modes, time[finite], richness, depth, floor, tolerance)
        remaining[:, finite], speed[:, finite], converged[:, finite] = learnt
    result = Flow(remaining, speed, converged)
    return Flow(*(part[0] for part in result)) if single else result


def _modes(rate, target, weight, richness, depth):
    shape = np.broadcast_shapes(np.shape(np.atleast_2d(rate)), np.shape(target), np.shape(weight))
    rate, target, weight = (np.broadcast_to(np.asarray(part, float), shape) for part in (rate, target, weight))
    force = np.sqrt(depth * richness * (weight * (rate * target) ** 2).sum(-1))
    fastest = np.maximum(rate.max(-1), force)
    return Modes(rate, target, weight, 1 / np.where(fastest > 0, fastest, 1.0))


def _last_speed(modes, richness, depth):
    """Gamma = q^L where all has been learned: the root of (q - 1) q^L = gamma |w|^2, by Newton's method in log q."""
    size = richness * np.where(modes.rate > 0, modes.weight * modes.target**2, 0.0).sum(-1)
    log_size = np.log(np.where(size > 0, size, 1.0))
    log = np.log1p(np.where(size > 0, size, 1.0)) / (depth + 1)  # below the root of a concave function: no overshoot
    for _ in range(ROOT_ITERATIONS):
        log = log - (np.log(np.expm1(log)) + depth * log - log_size) / (depth - 1 / np.expm1(-log))
    return np.where(size > 0, np.exp(depth * log), 1.0)


def _refined(modes, time, richness, depth, floor, tolerance):
    """Halve the steps until the loss of each problem of the batch, for itself, moves by less than the tolerance."""
    step, rows = COARSEST_STEP, np.arange(len(modes.scale))
    remaining, speed = march(modes, time, richness, depth, step)
    converged = np.zeros(speed.shape, bool)
    for _ in range(MOST_HALVINGS):
        step /= 2
        part = modes.at(rows)
        before, (finer, faster) = _loss(part, remaining[rows]), march(part, time, richness, depth, step)
        after, first = _loss(part, finer), _loss(part, part.target[:, None])
        allowed = tolerance * np.maximum(after + floor[rows][:, None], NEGLIGIBLE * first)
        settled = np.abs(after - before) <= (GAIN - 1) * allowed
        remaining[rows], speed[rows], converged[rows] = finer, faster, settled
        rows = rows[~settled.all(axis=1)]
        if not rows.size:
            break
    return remaining, speed, converged


def _loss(modes, remaining):
    return ((modes.weight * modes.rate)[:, None] * remaining**2).sum(-1)
