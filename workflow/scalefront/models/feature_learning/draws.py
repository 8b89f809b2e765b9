"""Random draws of the projected model in the smallest exact space (theory/feature_learning.md 1f).

The projected network sees Gaussian features through h = A0 psi alone, and (h, y) is jointly Gaussian in N + 1
dimensions: the M modes are touched once, to draw A0, whose entries are standard normal.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.numerics import jax, jnp

MODES_AT_ONCE = 4096  # part of the random draw: another number draws other projections


class Projected(NamedTuple):
    """Features h = A0 psi and target in the eigenbasis of the features' covariance, A0 Lambda A0^T = U s U^T.

    Attributes
    ----------
    variance : (N,) s, descending
    covariance : (N,) c = U^T A0 Lambda w*, of features and target
    residual : () loss that no readout of the features removes
    """

    variance: jax.Array
    covariance: jax.Array
    residual: jax.Array


class Samples(NamedTuple):
    """P samples: ``features`` (P, N) in the basis of Projected, ``target`` (P,) with its noise."""

    features: jax.Array
    target: jax.Array


def modes_themselves(spectrum):
    """Infinite width: the features are the M modes, A0 = sqrt(M) 1 (1d); nothing is random."""
    modes = len(spectrum.eigenvalue)
    covariance = np.sqrt(modes * spectrum.task_power * spectrum.eigenvalue)
    return Projected(jnp.asarray(modes * spectrum.eigenvalue), jnp.asarray(covariance), jnp.asarray(0.0))


def projected_draw(key, spectrum, width):
    """Projected of ``width`` random projections, a positive integer, of a Spectrum with one mode a group.

    The modes are drawn ``MODES_AT_ONCE`` at a time, so that there may be millions of them.
    """
    return project(key, *mode_chunks(spectrum), width)


@partial(jax.jit, static_argnames="width")
def project(key, eigenvalue, task_power, width):
    """As ``projected_draw``, of modes in chunks (C, m): eigenvalue and task_power.

    The triangle R of the QR decomposition of [Lambda^1/2 A0^T, Lambda^1/2 w*] holds all that is needed: its first N
    columns are the root of the features' covariance, its last one the target's part along them and, below, the root
    of the residual. Chunk after chunk is absorbed into R; no difference is taken, so that N may come close to M.
    """

    def absorb(before, chunk):
        number, eigenvalue, task_power = chunk
        projection = jax.random.normal(jax.random.fold_in(key, number), (eigenvalue.size, width))
        modes = projection * jnp.sqrt(eigenvalue)[:, None]
        rows = jnp.concatenate([before, jnp.concatenate([modes, jnp.sqrt(task_power)[:, None]], axis=1)])
        return jnp.linalg.qr(rows, mode="r"), None

    chunks = (jnp.arange(len(eigenvalue)), eigenvalue, task_power)
    corner, _ = jax.lax.scan(absorb, jnp.zeros((width + 1, width + 1)), chunks)
    _, root, turned = jnp.linalg.svd(corner[:width, :width].T)
    return Projected(root**2, root * (turned @ corner[:width, width]), corner[width, width] ** 2)


def gaussian_samples(key, variance, covariance, residual, samples, label_noise):
    """Samples of a Projected: x = sqrt(s) z, y = (c/sqrt s).z + sqrt(residual + label_noise^2) z_{N+1}.

    z are N + 1 standard normals; label_noise is a standard deviation.
    """
    normals = jax.random.normal(key, (samples, variance.size + 1))
    white, noise = normals[:, :-1], normals[:, -1]
    target = white @ coefficient(variance, covariance) + jnp.sqrt(residual + label_noise**2) * noise
    return Samples(white * jnp.sqrt(variance)[None, :], target)


def coefficient(variance, covariance):
    """The target along features of unit variance, c/sqrt s (N,); 0 where the features do not vary."""
    deviation = jnp.sqrt(variance)
    varies = deviation > 0
    return jnp.where(varies, covariance / jnp.where(varies, deviation, 1.0), 0.0)


def mode_chunks(spectrum):
    """Eigenvalues and task powers in chunks (C, m), m <= MODES_AT_ONCE, the last one filled up with zeros."""
    modes = len(spectrum.eigenvalue)
    chunks = -(-modes // MODES_AT_ONCE)
    length = -(-modes // chunks)
    fill = (0, chunks * length - modes)
    return [jnp.asarray(np.pad(column, fill).reshape(chunks, length)) for column in spectrum[:2]]


def count(name, value):
    """A positive integer, None for infinity; ValueError for anything else."""
    if value == np.inf:
        return None
    if not (value >= 1 and value == int(value)):
        raise ValueError(f"{name} is a positive integer or inf, not {value}")
    return int(value)
