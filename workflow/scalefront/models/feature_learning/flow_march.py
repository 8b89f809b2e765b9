"""One pass through the rich flow of independent modes, in steps that are exact for a given acceleration.

theory/feature_learning.md 2.4 and 2.5 in the variables in which it is linear. With the readout a, b = q^(L/2) a,
q = 1 + gamma |a|^2 and v = w - b, the flow is da/dt = q^(L/2) Lambda v; in accelerated time dtau = q^L dt and
with the scalar u = q^(-L/2),

    da/dtau = Lambda (u w - a),   dt = u^2 dtau,   v = d/u,   d = u w - a,   d' = u' w - Lambda d.

Each step takes u as a parabola in tau, with which all modes are integrated exactly, and solves u = q^(-L/2) at its
middle and its end: no stiffness, O(K) a step. The modes are carried as d and the scalars as increments, so that
small losses keep their digits.
"""

from typing import NamedTuple

import numpy as np

MOST_ITERATIONS = 30
ROOT_TOLERANCE = 1e-9  # of the last but one of Newton's steps, whose errors are squared
_NODES = np.array([0.5, 1.0])[:, None, None]  # of a step, for the middle and the end of S problems
_SERIES_BELOW = 0.25
_SERIES = 1 / np.cumprod(np.arange(1.0, 14.0))[2:]  # 1/3!, 1/4!, ..., enough below 0.25


class Modes(NamedTuple):
    """A batch of problems: rate, target, weight (S, K) and scale (S,), the accelerated time at which they start."""

    rate: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    scale: np.ndarray

    def at(self, rows):
        return Modes(*(part[rows] for part in self))


class _Parabola(NamedTuple):
    """u = start + linear x + square x^2 for x in [0, 1] of a step of accelerated time ``length``; all (S,)."""

    start: np.ndarray
    linear: np.ndarray
    square: np.ndarray
    length: np.ndarray

    def at(self, rows):
        return _Parabola(*(part[rows] for part in self))

    def growth(self, x):
        """u(x) - u(0)."""
        return x * (self.linear + x * self.square)

    def elapsed(self, x):
        """Time t, the integral of u^2 over accelerated time, from the start of the step to x."""
        start, linear, square, length = self
        powers = (square**2 / 5, linear * square / 2, (2 * start * square + linear**2) / 3, start * linear, start**2)
        total = 0.0
        for power in powers:
            total = power + x * total
        return length * x * total


def march(modes, time, richness, depth, step):
    """Remaining (S, T, K) and speed (S, T) with accelerated times scale sinh(step n), n = 0, 1, ..."""
    remaining = np.empty((len(modes.scale), time.size, modes.rate.shape[1]))
    speed = np.empty(remaining.shape[:2])
    d, reached, number = modes.target.copy(), np.zeros(len(modes.scale)), 0
    parabola = _Parabola(np.ones_like(reached), *np.zeros((2, reached.size)), modes.scale)
    pending = np.ones(speed.shape, bool)
    while pending.any():
        length = modes.scale * (np.sinh(step * (number + 1)) - np.sinh(step * number))
        phi = _phi(modes.rate * length[:, None] * _NODES)
        parabola = _next_parabola(modes, d, phi, length, parabola, richness, depth)
        end = reached + parabola.elapsed(1.0)
        rows, columns = np.nonzero(pending & (time <= end[:, None]))
        if rows.size:
            inside = parabola.at(rows)
            x = _place(inside, time[columns] - reached[rows])
            u = inside.start + inside.growth(x)
            there = modes.at(rows)
            phi_there = _phi(there.rate * (inside.length * x)[:, None])
            remaining[rows, columns] = _after(there, d[rows], phi_there, inside, x) / u[:, None]
            speed[rows, columns] = u**-2
            pending[rows, columns] = False
        d = _after(modes, d, [part[1] for part in phi], parabola, 1.0)
        reached, number = end, number + 1
    return remaining, speed


def _next_parabola(modes, d, phi, length, last, richness, depth):
    """The parabola of the step of this length that follows on ``last``, with u = q^(-L/2) at its middle and end."""
    start = last.start + last.growth(1.0)
    readout = start[:, None] * modes.target - d
    z, _, phi1, phi2, phi3 = phi
    # the readout grows by own + linear x by_linear + square x^2 by_square, at the middle and the end
    own = z * phi1 * d
    by_linear = _NODES * z * phi2 * modes.target
    by_square = 2 * _NODES**2 * z * phi3 * modes.target
    parts = np.stack([own, 4 * (by_linear - by_square), 2 * by_square - by_linear], axis=2)  # (2, S, 3, K)
    weighted = parts * modes.weight[:, None]
    slope = 2 * (weighted * readout[:, None]).sum(-1)
    gram = weighted @ parts.swapaxes(-1, -2)
    ahead = (length / last.length) * _NODES[:, :, 0]
    guess = last.growth(1 + ahead) - last.growth(1.0)
    middle, end = _excess(slope, gram, start, guess, richness, depth)
    return _Parabola(start, 4 * middle - end, 2 * end - 4 * middle, length)


def _excess(slope, gram, start, excess, richness, depth):
    """u - start at the middle and end (2, S), by Newton's method from the guess ``excess``.

    |a|^2 grows by y . slope + y . gram y with y = (1, excess at the middle, excess at the end).
    """
    strength = richness * start ** (2 / depth)  # gamma/q at the start
    for _ in range(MOST_ITERATIONS):
        y = np.stack([np.ones_like(start), *excess], axis=-1)
        pull = (gram * y[:, None]).sum(-1)
        grown = strength * (y * (slope + pull)).sum(-1)
        wanted = start * np.expm1(-depth / 2 * np.log1p(grown))
        steep = depth / 2 * (start + wanted) * strength / (1 + grown)
        (a, b), (c, e) = (steep[:, :, None] * (slope + 2 * pull)[:, :, 1:]).swapaxes(1, 2)
        (m, n), determinant = excess - wanted, (1 + a) * (1 + e) - b * c
        change = np.stack([(1 + e) * m - b * n, (1 + a) * n - c * m]) / determinant
        excess = excess - change
        if np.all(np.abs(change) <= ROOT_TOLERANCE * np.abs(excess)):
            break
    return excess


def _place(parabola, time):
    """x in [0, 1] at which ``time`` has passed since the start of the step, by Newton's method."""
    x = np.clip(time / parabola.elapsed(1.0), 0.0, 1.0)
    for _ in range(5):
        pace = parabola.length * (parabola.start + parabola.growth(x)) ** 2
        x = np.clip(x - (parabola.elapsed(x) - time) / pace, 0.0, 1.0)
    return x


def _after(modes, d, phi, parabola, x):
    """d at x, with phi at rate x length of its rows."""
    _, decay, phi1, phi2, _ = phi
    linear, square = (parabola.linear * x)[:, None], (parabola.square * x**2)[:, None]
    return decay * d + modes.target * (linear * phi1 + 2 * square * phi2)


def _phi(z):
    """z, exp(-z) and phi_j = (1/(j-1)! - phi_{j-1})/z for j = 1, 2, 3 with phi_0 = exp(-z), for z >= 0."""
    small = z < _SERIES_BELOW
    near, far = np.where(small, z, 0.0), np.where(small, 1.0, z)
    series = np.zeros_like(z)
    for term in _SERIES[::-1]:
        series *= -near
        series += term
    decay = np.exp(-z)
    phi1 = np.where(small, 0.0, (1 - decay) / far)
    phi2 = (1 - phi1) / far
    phi3 = np.where(small, series, (0.5 - phi2) / far)
    phi2 = np.where(small, 0.5 - near * series, phi2)
    phi1 = np.where(small, 1 - near * phi2, phi1)
    return z, decay, phi1, phi2, phi3
