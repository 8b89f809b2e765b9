"""Random draws of the lazy random-feature model in the smallest exact space.

For Gaussian features and a frozen projection A, the student's N features and the target are jointly Gaussian in N + 1
dimensions, so that the M modes are touched once, to draw A (theory/dynamical_model.md 2.6), and a great many samples
act through one Wishart matrix of N + 1 rows. An ensemble of E projections of the same modes is a draw of E N features.
"""

import numpy as np

from scalefront.models.random_features.parameters import ROWS_PER_WISHART
from scalefront.models.random_features.spectral import Population, TrainingSet
from scalefront.numerics import jax, jnp

MODES_AT_ONCE = 4096  # part of the random draw: another number draws other projections


def modes_themselves(eigenvalue, task_power):
    """Population of a student of infinite width: its features are the modes."""
    return Population(jnp.sqrt(eigenvalue), jnp.sqrt(task_power), jnp.asarray(0.0))


def draw_features(key, eigenvalue, task_power, width):
    """Population of ``width`` random features of Gaussian modes, given in chunks: eigenvalue and task_power (C, m).

    The triangle R of the QR decomposition of [Lambda^1/2 A^T / sqrt(N), Lambda^1/2 w*/sqrt(M)] holds all that is
    needed: its first N columns are the root of the features' covariance, its last one the target's coefficients and,
    below them, the root of what N features cannot explain. No difference is taken, so that N may come close to M and
    pass it. Chunk after chunk is absorbed into R: no array is longer than a chunk.
    """

    def absorb(before, chunk):
        number, eigenvalue, task_power = chunk
        projection = jax.random.normal(jax.random.fold_in(key, number), (eigenvalue.size, width))
        modes = projection * jnp.sqrt(eigenvalue / width)[:, None]
        rows = jnp.concatenate([modes, jnp.sqrt(task_power)[:, None]], axis=1)
        rows = rows if before is None else jnp.concatenate([before, rows])
        return triangle(rows), None

    chunks = (jnp.arange(len(eigenvalue)), eigenvalue, task_power)
    corner, _ = absorb(None, jax.tree.map(lambda chunk: chunk[0], chunks))
    if len(eigenvalue) > 1:
        corner, _ = jax.lax.scan(absorb, corner, jax.tree.map(lambda chunk: chunk[1:], chunks))
    return Population(corner[:width, :width].T, corner[:width, width], corner[width, width] ** 2)


def draw_samples(key, population, label_noise, samples, reduced=True):
    """Training set of noisy Gaussian samples; ``reduced``: of fewer rows with the same inner products if they save."""
    root, coefficient, unexplained = population
    shape = samples, coefficient.size + 1
    normals = gaussian_rows(key, *shape) if reduced else jax.random.normal(key, shape)
    white, noise = normals[:, :-1], normals[:, -1]
    features = white * root[None, :] if root.ndim == 1 else white @ root.T
    target = white @ coefficient + jnp.sqrt(unexplained + label_noise**2) * noise
    return TrainingSet(features / samples**0.5, target / samples**0.5)


def draw_projection(key, eigenvalue, coefficient, width):
    """Population of ``width`` random projections of features with given covariance; None: the features themselves."""
    root = jnp.sqrt(eigenvalue)
    if width is not None:
        root = jax.random.normal(key, (width, eigenvalue.size)) * (root / width**0.5)[None, :]
    return Population(root, coefficient, jnp.asarray(0.0))


def draw_rows(key, coordinates, residual, population, label_noise, samples):
    """Training set of ``samples`` real rows, drawn with replacement, given in white coordinates."""
    root = population.root
    chosen = jax.random.randint(key, (samples,), 0, len(coordinates))
    white = coordinates[chosen]
    features = white * root[None, :] if root.ndim == 1 else white @ root.T
    noise = label_noise * jax.random.normal(jax.random.fold_in(key, 1), (samples,))
    target = white @ population.coefficient + residual[chosen] + noise
    return TrainingSet(features / samples**0.5, target / samples**0.5)


def triangle(rows):
    """Upper triangle R (c, c) with R^T R = rows^T rows, also for fewer rows than columns."""
    missing = max(0, rows.shape[1] - rows.shape[0])
    return jnp.linalg.qr(jnp.pad(rows, ((0, missing), (0, 0))), mode="r")


def gaussian_rows(key, rows, columns):
    """Normals (rows, columns), or where rows >> columns the square triangle R with R^T R ~ Wishart (Bartlett, 1933)."""
    if rows <= ROWS_PER_WISHART * columns:
        return jax.random.normal(key, (rows, columns))
    above, diagonal = jax.random.split(key)
    freedom = jnp.arange(rows, rows - columns, -1, dtype=float)
    upper = jnp.triu(jax.random.normal(above, (columns, columns)), 1)
    return upper + jnp.diag(jnp.sqrt(jax.random.chisquare(diagonal, freedom)))


def mode_chunks(spectrum):
    """Eigenvalues and task powers in chunks (C, m), m <= MODES_AT_ONCE, the last one filled up with zeros."""
    modes = len(spectrum.eigenvalue)
    chunks = -(-modes // MODES_AT_ONCE)
    length = -(-modes // chunks)
    fill = (0, chunks * length - modes)
    return [np.pad(column, fill).reshape(chunks, length) for column in (spectrum.eigenvalue, spectrum.task_power)]


def count(name, value):
    """A positive integer, None for infinity; ValueError for anything else."""
    if value == np.inf:
        return None
    if not (value >= 1 and value == int(value)):
        raise ValueError(f"{name} is a positive integer or inf, not {value}")
    return int(value)


def checked(spectrum, label_noise):
    """``label_noise`` if it is one and every mode of the spectrum a group of its own, else ValueError."""
    if np.any(np.asarray(spectrum.multiplicity) != 1):
        raise ValueError("a simulation at finite width or samples takes one mode a group, not a binned spectrum")
    return not_negative(label_noise)


def not_negative(label_noise):
    """``label_noise`` as a float; ValueError below 0."""
    if not label_noise >= 0:
        raise ValueError(f"label_noise is at least 0, not {label_noise}")
    return float(label_noise)
