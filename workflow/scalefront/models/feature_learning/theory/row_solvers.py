"""Equations of one row of the backward Euler grid that are solved, not iterated (theory/feature_learning.md 2.6)."""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dtrtrs

NEWTON_STEPS = 100
QUADRATIC = 1e-10  # relative step after which the next one is round-off


class Moments(NamedTuple):
    """At Phi_ii = x: u = sum_k lambda_k x/(1 + lambda_k x), V = sum_k lambda_k/(1 + lambda_k x), du/dx and -dV/dx."""

    x: float
    u: float
    v: float
    du: float
    dv: float


class DiagonalResponse:
    """Response x = Phi'_ii > 0 of the modes to forces at equal times, for which the rest of its row is not needed.

    With u, V of ``Moments`` and u < min(N, P) it is the one root of

        x = gain (1 - u/N)(1 - u/P)                             projected: the right side falls with x
        (x/d - features)(1/gain + d V/N) = 1,  d = 1 - u/P      pure: the left side grows, as x V = u

    Newton's method between bounds, from the last root; nan where the gain is not positive.
    """

    def __init__(self, spectrum, inverse_width, inverse_samples):
        self._eigenvalue, self._count = spectrum.eigenvalue, spectrum.multiplicity
        self._width, self._samples = inverse_width, inverse_samples
        self._last = 1.0

    def projected(self, gain):
        """Root for the gain G_ii + features of the projected network."""

        def equation(at):
            kept, shown = 1 - self._width * at.u, 1 - self._samples * at.u
            slope = 1 + gain * at.du * (self._width * shown + self._samples * kept)
            return min(kept, shown), at.x - gain * kept * shown, slope

        return self._root(equation) if gain > 0 else np.nan

    def pure(self, gain, features):
        """Root for the gain dt > 0 and the features richness C_w dt of the pure network."""

        def equation(at):
            shown = 1 - self._samples * at.u
            force, loss = at.x / shown - features, 1 / gain + self._width * shown * at.v
            force_slope = (1 + self._samples * at.du * at.x / shown) / shown
            loss_slope = -self._width * (self._samples * at.du * at.v + shown * at.dv)
            return shown, force * loss - 1, force_slope * loss + force * loss_slope

        return self._root(equation) if gain > 0 else np.nan

    def projected_growth(self, root, gain):
        """du/dc (c = 1) at the root for the gain c gain; samples are infinite."""
        at = self._moments(root)
        return at.du * gain * (1 - self._width * at.u) / (1 + self._width * gain * at.du)

    def pure_growth(self, root, gain, features):
        """du/dc (c = 1) at the root for c gain and c features; samples are infinite."""
        at, readout = self._moments(root), root - features
        return at.du * (features + readout**2 / gain) / (1 - self._width * readout**2 * at.dv)

    def _moments(self, x):
        own = 1 / (1 + self._eigenvalue * x)
        weight = self._count * self._eigenvalue * own
        v = weight.sum()
        return Moments(x, v * x, v, weight @ own, weight @ (self._eigenvalue * own))

    def _root(self, equation):
        """Root of ``equation``: Moments to what is left above 0 of what is to be learned, value, and slope."""
        x, low, high = self._last, 0.0, np.inf
        for _ in range(NEWTON_STEPS):
            left, value, slope = equation(self._moments(x))
            if left <= 0 or value > 0:
                high = min(x, high)
            else:
                low = max(x, low)
            following = x - value / slope
            if left > 0 and abs(following - x) < QUADRATIC * x:
                self._last = following
                return following
            x = following if left > 0 and low < following < high else (low + high) / 2
        return np.nan


class Triangle:
    """I - A with a lower triangle A (i, i)."""

    def __init__(self, matrix):
        self._matrix = -matrix
        add_diagonal(self._matrix, 1.0)

    def solve(self, right):
        """x (i,) of (I - A) x = right (i,)."""
        return _solve(self._matrix, right)

    def solve_left(self, right):
        """x (i,) of x (I - A) = right (i,)."""
        return _solve(self._matrix, right, left=True)


class BlockTriangle:
    """I - [[A, B], [C, D]] with lower triangles (i, i): a lower triangle in blocks of 2 x 2."""

    def __init__(self, blocks):
        size = blocks.shape[-1]
        mixed = -np.ascontiguousarray(blocks.transpose(2, 0, 3, 1))
        end = np.arange(size)
        self._inverse = np.linalg.inv(np.eye(2) + mixed[end, :, end, :])
        mixed = (self._inverse @ mixed.reshape(size, 2, 2 * size)).reshape(size, 2, size, 2)
        mixed[end, :, end, :] = np.eye(2)
        self._matrix = mixed.reshape(2 * size, 2 * size)

    def solve(self, right):
        """x (2, i) of (I - [[A, B], [C, D]]) x = right (2, i)."""
        scaled = self._inverse @ right.T[:, :, None]
        return _solve(self._matrix, scaled.ravel()).reshape(-1, 2).T


def add_diagonal(matrix, value):
    """Add a number to the diagonal of a contiguous square matrix, in place."""
    matrix.reshape(-1)[:: len(matrix) + 1] += value


def _solve(matrix, right, left=False):
    # the transpose is what LAPACK reads without a copy
    return dtrtrs(matrix.T, right, lower=0, trans=0 if left else 1)[0]
