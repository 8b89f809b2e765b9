"""Gradient flow of the projected model, simulated exactly: one decomposition a draw and an equation of its modes.

By the conservation law of the layers, the flow of the drawn network is that of infinite width with other modes
(theory/feature_learning.md 1g), for the population gradient with lambda -> s/N, w* -> sqrt(N) c/s and for a training
set X/sqrt(P) = W S V^T, y with lambda -> S^2/N, w* -> sqrt(N/P) W^T y/S, as b = sqrt(N) V^T q of the predictor q.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.draws import (
    coefficient,
    count,
    gaussian_samples,
    mode_chunks,
    modes_themselves,
    project,
)
from scalefront.models.feature_learning.flow import flow
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.numerics import jax, jnp

RESOLVED = 1e-7  # of the initial train loss: what falls below is known to 1e-6 of this, not of itself
BYTES_AT_ONCE = 5e8  # memory for the draws that are worked on together


class SimulatedFlow(NamedTuple):
    """Losses (S, T) of S independent draws, NaN where the flow could not be solved to 1e-6 of its loss.

    ``test_loss`` leaves the label noise out; ``train_loss`` includes it and is NaN for infinite samples.
    """

    test_loss: np.ndarray
    train_loss: np.ndarray


class _Problem(NamedTuple):
    """One draw as a flow of K modes; test loss = floor + |error + spread v|^2, train loss = beyond + sum rate v^2.

    Attributes
    ----------
    rate, target : (K,)
    floor : (), beyond : () train loss that no predictor removes
    error : (r,) of the last predictor, spread : (r, K) or for the population gradient its diagonal (K,), where the
        directions that the training set does not reach are turned together
    """

    rate: jax.Array
    target: jax.Array
    floor: jax.Array
    beyond: jax.Array
    error: jax.Array
    spread: jax.Array


def simulate_flow(keys, spectrum, width, samples, label_noise, richness, depth, time):
    """Test and train loss of gradient flow on the population or on a training set, one independent draw a key.

    Parameters
    ----------
    keys : (S,) JAX keys; a draw depends on its own key alone
    spectrum : Spectrum with one mode a group, except where width and samples are both infinite
    width : N >= 1, at most the number of modes, or inf (A0 = sqrt(M) 1, the features are the modes)
    samples : training samples P >= 1, or inf for the population gradient
    label_noise : standard deviation of the noise on the labels
    richness : gamma >= 0
    depth : hidden matrices L >= 1; those above the first start as 1
    time : (T,) times >= 0; inf, too, the limit, which no richness moves

    Raises
    ------
    ValueError : a binned spectrum, a width or samples that is no positive integer, a negative time or noise.
    """
    width, samples = count("width", width), count("samples", samples)
    if not label_noise >= 0:
        raise ValueError(f"label_noise is at least 0, not {label_noise}")
    if width is None and samples is None:
        test = np.repeat(infinite_width(spectrum, time, richness, depth)[None], len(keys), axis=0)
        return SimulatedFlow(test, np.full_like(test, np.nan))
    if np.any(np.asarray(spectrum.multiplicity) != 1):
        raise ValueError("a simulation at finite width or samples takes one mode a group, not a binned spectrum")
    features = width or len(spectrum.eigenvalue)
    known = min(features, samples or features)
    together = max(1, int(BYTES_AT_ONCE / (8 * known * (known + 6 * np.size(time)))))
    modes = modes_themselves(spectrum) if width is None else mode_chunks(spectrum)
    noise = jnp.asarray(float(label_noise))
    parts = []
    for first in range(0, len(keys), together):
        problems = _problems(keys[first : first + together], tuple(modes), noise, width, samples)
        parts.append(_losses(_Problem(*map(np.asarray, problems)), richness, depth, time))
    test, train = (np.concatenate(losses) for losses in zip(*parts, strict=True))
    return SimulatedFlow(test, train if samples else np.full_like(train, np.nan))


@partial(jax.jit, static_argnames=("width", "samples"))
def _problems(keys, modes, label_noise, width, samples):
    def problem(key):
        projection, data = jax.random.split(key, 3)[:2]  # as the steps of the same key draw them
        projected = modes if width is None else project(projection, *modes, width)
        if samples is None:
            return _on_population(*projected)
        drawn = gaussian_samples(data, *projected, samples, label_noise)
        return _on_samples(*projected, *drawn)

    return jax.lax.map(problem, keys)


def _on_population(variance, covariance, residual):
    """The whole error is remaining: sqrt(s/N) v beside the residual."""
    rate = variance / variance.size
    root = jnp.sqrt(rate)
    target = jnp.where(rate > 0, coefficient(variance, covariance) / jnp.where(rate > 0, root, 1.0), 0.0)
    return _Problem(rate, target, residual, residual, jnp.zeros_like(rate), root)


def _on_samples(variance, covariance, residual, features, label):
    samples, width = features.shape
    left, root, right = jnp.linalg.svd(features / samples**0.5, full_matrices=False)
    known = left.T @ label / samples**0.5
    beyond = jnp.mean((label - samples**0.5 * left @ known) ** 2) if samples > width else jnp.zeros(())
    last = jnp.where(root > 0, known / jnp.where(root > 0, root, 1.0), 0.0)  # V^T q at t = inf
    deviation = jnp.sqrt(variance)
    error = coefficient(variance, covariance) - deviation * (last @ right)
    table = jnp.concatenate([error[:, None], deviation[:, None] * right.T / width**0.5], axis=1)
    if width > root.size + 1:
        table = jnp.linalg.qr(table, mode="r")  # the same inner products in fewer rows
    return _Problem(root**2 / width, last * width**0.5, residual, beyond, table[:, 0], table[:, 1:])


def _losses(problems, richness, depth, time):
    rate, target, floor, beyond, error, spread = problems
    learning = flow(rate, target, 1.0, time, richness, depth, floor=beyond + RESOLVED * (rate * target**2).sum(-1))
    left = learning.remaining
    spread_out = left * spread[:, None] if spread.ndim == 2 else left @ spread.swapaxes(1, 2)
    test = floor[:, None] + ((error[:, None] + spread_out) ** 2).sum(-1)
    train = beyond[:, None] + (rate[:, None] * left**2).sum(-1)
    return tuple(np.where(learning.converged, loss, np.nan) for loss in (test, train))
