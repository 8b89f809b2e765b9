"""Gradient flow of the lazy random-feature model, simulated exactly in the smallest space.

For Gaussian features and a frozen projection A, the student's N features and the target are jointly Gaussian in N + 1
dimensions, so that the M modes are touched once, to draw A (theory/dynamical_model.md 2.6), and a great many samples
act through one Wishart matrix of N + 1 rows. Time, losses and noise are in the units of that file.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.datasets import whiten
from scalefront.models.random_features.parameters import ROWS_PER_WISHART
from scalefront.models.random_features.spectral import (
    Population,
    TrainingSet,
    gradient_flow_filter,
    losses,
    population_losses,
)
from scalefront.numerics import jax, jnp

MODES_AT_ONCE = 4096  # part of the random draw: another number draws other projections
BATCH_BYTES = 2**31  # memory for the draws that an accelerator works on at once


class SimulatedCurves(NamedTuple):
    """Losses (S, T) of S independent draws at T times; a draw that cannot be computed is NaN.

    ``test_loss`` leaves the label noise out, ``train_loss`` includes it.
    """

    test_loss: np.ndarray
    train_loss: np.ndarray


def gradient_flow(keys, spectrum, width, samples, label_noise, time):
    """Test and train loss of gradient flow on Gaussian features, one independent draw a key.

    Parameters
    ----------
    keys : (S,) JAX keys; a draw depends on its own key alone
    spectrum : Spectrum with one mode a group, except where width and samples are both infinite
    width : student features N >= 1, or inf (the student has the modes themselves)
    samples : training samples P >= 1, or inf (the population gradient)
    label_noise : standard deviation of the noise on the labels
    time : (T,) times >= 0 in units of 1/lambda of an eigenvalue 1; 0 and inf are times, too

    Raises
    ------
    ValueError : a binned spectrum, a width or samples that is no positive integer, a negative time or noise.

    The method is section 3 of theory/dynamical_model.md, in N + 1 dimensions as in its section 2.6.
    """
    width, samples, time = _count("width", width), _count("samples", samples), _times(time)
    if not label_noise >= 0:
        raise ValueError(f"label_noise is at least 0, not {label_noise}")
    noise = jnp.asarray(float(label_noise))
    if width is None and samples is None:
        power = jnp.asarray(spectrum.multiplicity * spectrum.task_power)
        population = _modes_themselves(jnp.asarray(spectrum.eigenvalue), power)
        return _same_for_all(keys, population, noise**2, time)
    if np.any(np.asarray(spectrum.multiplicity) != 1):
        raise ValueError("a simulation at finite width or samples takes one mode a group, not a binned spectrum")
    modes = _mode_chunks(spectrum) if width else (spectrum.eigenvalue, spectrum.task_power)
    batch = _batch_size(keys, width or spectrum.modes, min(spectrum.modes, MODES_AT_ONCE), samples or 1, time)
    curves = _gaussian_curves(keys, *map(jnp.asarray, modes), noise, time, width, samples, batch)
    return SimulatedCurves(*map(np.asarray, curves))


def gradient_flow_on_rows(keys, features, target, width, samples, label_noise, time):
    """Test and train loss of gradient flow on real rows, one independent draw of rows and projection a key.

    The population is the empirical distribution over the rows, features and target centred; P rows are drawn from it
    with replacement. What no linear function of the features explains acts as label noise: the test loss is the excess
    loss, the mean over all rows of (f - w*.psi)^2, the train loss is that on the targets themselves.

    Parameters
    ----------
    keys : (S,) JAX keys; a draw depends on its own key alone
    features : (n, M) one row a sample, in any units: time counts in 1/(those units squared)
    target : (n,)
    width : random projections N >= 1 of the features, or inf (the features themselves)
    samples : training samples P >= 1, or inf (all rows, each with the same weight)
    label_noise : standard deviation of noise that is added to the targets of a draw
    time : (T,) times >= 0, inf included

    Raises
    ------
    ValueError : a width or samples that is no positive integer, a negative time or noise.
    """
    width, samples, time = _count("width", width), _count("samples", samples), _times(time)
    if not label_noise >= 0:
        raise ValueError(f"label_noise is at least 0, not {label_noise}")
    rows = whiten(features, target)
    unexplained = jnp.asarray(rows.noise_variance + float(label_noise) ** 2)
    eigenvalue, coefficient = jnp.asarray(rows.eigenvalue), jnp.asarray(rows.coefficient)
    if width is None and samples is None:
        population = Population(jnp.sqrt(eigenvalue), coefficient, jnp.asarray(0.0))
        return _same_for_all(keys, population, unexplained, time)
    batch = _batch_size(keys, width or eigenvalue.size, eigenvalue.size, samples or 1, time)
    table = (jnp.asarray(rows.coordinates), jnp.asarray(rows.residual), eigenvalue, coefficient)
    noise = (jnp.asarray(float(label_noise)), unexplained)
    return SimulatedCurves(*map(np.asarray, _row_curves(keys, *table, *noise, time, width, samples, batch)))


@partial(jax.jit, static_argnames=("width", "samples", "batch"))
def _gaussian_curves(keys, eigenvalue, task_power, label_noise, time, width, samples, batch):
    def curves(key):
        population, training_set = _draw_gaussian(key, eigenvalue, task_power, label_noise, width, samples)
        return _losses(population, training_set, label_noise**2, time)

    return jax.lax.map(curves, keys, batch_size=batch)


@partial(jax.jit, static_argnames=("width", "samples", "batch"))
def _row_curves(keys, rows, residual, eigenvalue, coefficient, noise, unexplained, time, width, samples, batch):
    def curves(key):
        population, training_set = draw_rows(key, rows, residual, eigenvalue, coefficient, noise, width, samples)
        return _losses(population, training_set, unexplained, time)

    return jax.lax.map(curves, keys, batch_size=batch)


def _same_for_all(keys, population, noise_power, time):
    curves = _losses(population, None, noise_power, time)
    return SimulatedCurves(*(np.tile(curve, (len(keys), 1)) for curve in curves))


def _losses(population, training_set, noise_power, time):
    if training_set is None:
        test = population_losses(population, gradient_flow_filter, time)
        return SimulatedCurves(test, test + noise_power)
    return SimulatedCurves(*losses(population, training_set, gradient_flow_filter, time))


def _draw_gaussian(key, eigenvalue, task_power, label_noise, width, samples):
    projection, data = jax.random.split(key)
    if width is None:
        population = _modes_themselves(eigenvalue, task_power)
    else:
        population = draw_features(projection, eigenvalue, task_power, width)
    return population, None if samples is None else draw_samples(data, population, label_noise, samples)


def _modes_themselves(eigenvalue, task_power):
    return Population(jnp.sqrt(eigenvalue), jnp.sqrt(task_power), jnp.asarray(0.0))


def draw_features(key, eigenvalue, task_power, width):
    """Population of ``width`` random features of Gaussian modes, given in chunks: eigenvalue and task_power (C, m).

    The triangle R of the QR decomposition of [Lambda^1/2 A^T / sqrt(N), Lambda^1/2 w*/sqrt(M)] holds all that is
    needed: its first N columns are the root of the features' covariance, its last one the target's coefficients and,
    below them, the root of what N features cannot explain. No difference is taken, so that N may come close to M and
    pass it. Chunk after chunk is absorbed into R: no array is longer than a chunk.
    """

    def absorb(triangle, chunk):
        number, eigenvalue, task_power = chunk
        projection = jax.random.normal(jax.random.fold_in(key, number), (eigenvalue.size, width))
        modes = projection * jnp.sqrt(eigenvalue / width)[:, None]
        rows = jnp.concatenate([modes, jnp.sqrt(task_power)[:, None]], axis=1)
        rows = rows if triangle is None else jnp.concatenate([triangle, rows])
        return _triangle(rows), None

    chunks = (jnp.arange(len(eigenvalue)), eigenvalue, task_power)
    triangle, _ = absorb(None, jax.tree.map(lambda chunk: chunk[0], chunks))
    if len(eigenvalue) > 1:
        triangle, _ = jax.lax.scan(absorb, triangle, jax.tree.map(lambda chunk: chunk[1:], chunks))
    return Population(triangle[:width, :width].T, triangle[:width, width], triangle[width, width] ** 2)


def draw_samples(key, population, label_noise, samples):
    """Training set of ``samples`` noisy Gaussian samples, or of fewer rows with the same inner products."""
    root, coefficient, unexplained = population
    normals = _gaussian_rows(key, samples, coefficient.size + 1)
    white, noise = normals[:, :-1], normals[:, -1]
    features = white * root[None, :] if root.ndim == 1 else white @ root.T
    target = white @ coefficient + jnp.sqrt(unexplained + label_noise**2) * noise
    return TrainingSet(features / samples**0.5, target / samples**0.5)


def draw_rows(key, coordinates, residual, eigenvalue, coefficient, label_noise, width, samples):
    """Population and training set (None where ``samples`` is) of a fresh projection and rows drawn with replacement."""
    projection, choice = jax.random.split(key)
    root = jnp.sqrt(eigenvalue)
    if width is not None:
        root = jax.random.normal(projection, (width, eigenvalue.size)) * (root / width**0.5)[None, :]
    population = Population(root, coefficient, jnp.asarray(0.0))
    if samples is None:
        return population, None
    chosen = jax.random.randint(choice, (samples,), 0, len(coordinates))
    white = coordinates[chosen]
    features = white * root[None, :] if root.ndim == 1 else white @ root.T
    noise = label_noise * jax.random.normal(jax.random.fold_in(choice, 1), (samples,))
    target = white @ coefficient + residual[chosen] + noise
    return population, TrainingSet(features / samples**0.5, target / samples**0.5)


def _triangle(rows):
    """Upper triangle R (c, c) with R^T R = rows^T rows, also for fewer rows than columns."""
    missing = max(0, rows.shape[1] - rows.shape[0])
    return jnp.linalg.qr(jnp.pad(rows, ((0, missing), (0, 0))), mode="r")


def _gaussian_rows(key, rows, columns):
    """Normals (rows, columns), or where rows >> columns the square triangle R with R^T R ~ Wishart (Bartlett, 1933)."""
    if rows <= ROWS_PER_WISHART * columns:
        return jax.random.normal(key, (rows, columns))
    above, diagonal = jax.random.split(key)
    freedom = jnp.arange(rows, rows - columns, -1, dtype=float)
    triangle = jnp.triu(jax.random.normal(above, (columns, columns)), 1)
    return triangle + jnp.diag(jnp.sqrt(jax.random.chisquare(diagonal, freedom)))


def _mode_chunks(spectrum):
    """Eigenvalues and task powers in chunks (C, m), m <= MODES_AT_ONCE, the last one filled up with zeros."""
    modes = len(spectrum.eigenvalue)
    chunks = -(-modes // MODES_AT_ONCE)
    length = -(-modes // chunks)
    fill = (0, chunks * length - modes)
    return [np.pad(column, fill).reshape(chunks, length) for column in (spectrum.eigenvalue, spectrum.task_power)]


def _batch_size(keys, features, modes, samples, time):
    """Draws to work on at once: one on a CPU, where a batch buys no speed; on an accelerator as many as fit."""
    if jax.default_backend() == "cpu":
        return None
    rows = min(samples, ROWS_PER_WISHART * (features + 1))
    numbers = 2 * modes * (features + 1) + 4 * features * (features + rows) + 4 * time.size * (features + modes)
    return max(1, min(len(keys), int(BATCH_BYTES / (8 * numbers))))


def _count(name, value):
    """A positive integer, None for infinity."""
    if value == np.inf:
        return None
    if not (value >= 1 and value == int(value)):
        raise ValueError(f"{name} is a positive integer or inf, not {value}")
    return int(value)


def _times(time):
    time = np.asarray(time, float)
    if time.ndim != 1 or not np.all(time >= 0):
        raise ValueError("time is a list of times that are not negative")
    return jnp.asarray(time)
