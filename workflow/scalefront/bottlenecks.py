"""The bottlenecks of width and data: how many modes they let through, and the resolution kappa0 that they leave."""

from typing import NamedTuple

import numpy as np


class Bottleneck(NamedTuple):
    """How width and samples enter; one row per problem, each of shape (n,).

    Attributes
    ----------
    kappa0 : root of df1 = rank; 0 where rank = M
    rank : min(N, P, M)
    free_width, free_samples : (N - rank)/N and (P - rank)/P; 1 where infinite
    inverse_width, inverse_samples : 1/N and 1/P; 0 where infinite
    """

    kappa0: np.ndarray
    rank: np.ndarray
    free_width: np.ndarray
    free_samples: np.ndarray
    inverse_width: np.ndarray
    inverse_samples: np.ndarray


def bottleneck(spectrum, width, samples):
    """Bottleneck of widths (n,) and samples (n,); inf is allowed, and so are numbers above the number of modes."""
    width, samples = np.asarray(width, float), np.asarray(samples, float)
    rank = np.minimum(np.minimum(width, samples), spectrum.modes)
    distinct, place = np.unique(rank, return_inverse=True)

    def free(size):
        return np.where(np.isinf(size), 1.0, (np.where(np.isinf(size), rank, size) - rank) / size)

    return Bottleneck(kappa0(spectrum, distinct)[place], rank, free(width), free(samples), 1 / width, 1 / samples)


def kappa0(spectrum, n):
    """Root of df1(kappa0) = n for each n of shape (n,), by bisection in log kappa; 0 where n >= M.

    Bracket: df1 <= Tr Lambda/kappa and M - df1 <= kappa sum_k 1/lambda_k (theory/dynamical_model.md 2.3).
    """
    eigenvalue, multiplicity = np.asarray(spectrum.eigenvalue), np.asarray(spectrum.multiplicity)
    n = np.minimum(np.asarray(n, float), spectrum.modes)
    low = np.log(np.maximum((spectrum.modes - n) / 2, 1e-3) / (multiplicity @ (1 / eigenvalue)))
    high = np.log(2 * spectrum.trace / n)
    for _ in range(60):
        middle = (low + high) / 2
        # no matrix product: its rounding would depend on how many n are asked for
        below = (multiplicity * eigenvalue / (np.exp(middle)[:, None] + eigenvalue)).sum(1) < n
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    return np.where(n < spectrum.modes, np.exp((low + high) / 2), 0.0)
