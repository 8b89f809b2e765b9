"""Losses at t = inf of linear students on projected features, in closed form.

At z = 0 the kernels of the random-feature model (two_point.py) reduce to sums at kappa0, the root of
df1 = rank = min(N, P, M), as R1 or R3 vanishes there (theory/dynamical_model.md 4; the forms below follow from 2.4 with
D = (z - z')/(kappa - kappa')). Feature learning on a frozen projection ends at the same losses
(theory/feature_learning.md 2.7).
"""

from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import bottleneck


class LateLosses(NamedTuple):
    """Losses at t = inf; both of shape (n,)."""

    test_loss: np.ndarray
    train_loss: np.ndarray


def late_losses(spectrum, width, samples, label_noise, weights=None):
    """Limits of test and train loss for width, samples, label_noise of shape (n,); inf is allowed for the first two.

    ``weights`` are the Shares (n,) of an ensemble, None for one student alone. One student, which shares all with
    itself:

    * rank < P: test = (kappa0 tau + sigma^2 rank/P)/(1 - rank/P), train = (1 - rank/P)(kappa0 tau + sigma^2);
    * P = rank < N: test = kappa0 (P U/S + tau r/(1 - r)) + sigma^2 (P/(kappa0 S) - 1 + r/(1 - r)), r = P/N, train = 0;
    * P = rank = N: train = 0 and test diverges as t^(1/2), except at N = P = M without noise, where kappa ~ z^(1/3)
      leaves test = (sqrt(3) log(2)/pi) M tau/S,

    with tau = sum T/(kappa0 + lambda), U = sum T/(kappa0 + lambda)^2, S = sum lambda/(kappa0 + lambda)^2. Two students
    that differ in projection, data or both:

    * C^AD = kappa0^2 U and C^A = (C^AD + sigma^2 df2/P)/(1 - df2/P);
    * C^D = C^AD + kappa0^2 (S/N) (tau - kappa0 U)/(1 - df2/N),

    df2 = rank - kappa0 S; their train loss is (1 - rank/P)^2 (C^A + sigma^2).
    """
    neck = bottleneck(spectrum, width, samples)
    noise = np.asarray(label_noise, float) ** 2
    pole = 1 / (neck.kappa0[:, None] + spectrum.eigenvalue)
    # no matrix products: their rounding would depend on how many problems are asked for
    tau = (spectrum.multiplicity * spectrum.task_power * pole).sum(1)
    overlap = (spectrum.multiplicity * spectrum.task_power * pole**2).sum(1)
    df11 = (spectrum.multiplicity * spectrum.eigenvalue * pole**2).sum(1)
    plateau = neck.kappa0 * tau
    under, square = neck.free_samples > 0, (neck.free_samples == 0) & (neck.free_width == 0)
    full = neck.kappa0 == 0

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = neck.rank * neck.inverse_samples
        below = (plateau + noise * ratio) / neck.free_samples
        excess_width = neck.rank * neck.inverse_width / neck.free_width
        variance = np.where(noise > 0, noise * (neck.rank / (neck.kappa0 * df11) - 1 + excess_width), 0.0)
        above = neck.kappa0 * (neck.rank * overlap / df11 + tau * excess_width) + variance
    cubic = np.sqrt(3) * np.log(2) / np.pi * neck.rank * tau / df11
    equal = np.where(full & (noise == 0), cubic, np.inf)
    test = np.where(under, below, np.where(square, equal, above))
    train = np.where(under, neck.free_samples * (plateau + noise), 0.0)
    if weights is None:
        return LateLosses(test, train)
    both = neck.kappa0**2 * overlap
    df2 = neck.rank - neck.kappa0 * df11
    with np.errstate(divide="ignore", invalid="ignore"):
        projection = (both + noise * df2 * neck.inverse_samples) / (1 - df2 * neck.inverse_samples)
        variance = neck.kappa0**2 * df11 * neck.inverse_width * (tau - neck.kappa0 * overlap)
        data = both + variance / (1 - df2 * neck.inverse_width)
        other_train = neck.free_samples**2 * (projection + noise)
    return LateLosses(_weighted(weights, test, projection, data, both), _weighted(weights[:2], train, other_train))


def _weighted(weights, *values):
    """Sum of weight x value over those of weight > 0: a piece that does not enter may be infinite."""
    return sum(
        np.where(weight > 0, weight * np.where(weight > 0, value, 0.0), 0.0)
        for weight, value in zip(weights, values, strict=True)
    )
