"""Stochastic gradient descent of the lazy random-feature model, simulated step by step in the smallest exact space.

One pass: the error d of the student in the eigenbasis of its N features, and what the features cannot explain, are all
that a fresh Gaussian batch sees. The sums over a batch are drawn as such (Bartlett): O(N) a step at any batch size,
and no M after one decomposition (theory/dynamical_model.md 2.6). Over a fixed training set the samples are rows in N
dimensions.
"""

from functools import partial

import numpy as np

from scalefront.models.random_features.draws import (
    checked,
    count,
    draw_features,
    draw_projection,
    draw_rows,
    draw_samples,
    mode_chunks,
    modes_themselves,
)
from scalefront.models.random_features.simulation import SimulatedCurves
from scalefront.numerics import jax, jnp


def one_pass(keys, spectrum, width, label_noise, learning_rate, batch, steps):
    """Test and train loss of one-pass sgd on fresh Gaussian samples, one independent run a key.

    Parameters
    ----------
    keys : (S,) JAX keys; a run depends on its own key alone, its steps on their number
    spectrum : Spectrum with one mode a group
    width : student features N >= 1, or inf
    label_noise : standard deviation of the noise on the labels
    learning_rate, batch : step size > 0, samples a step >= 1
    steps : (T,) whole numbers >= 0, ascending

    Returns SimulatedCurves; the train loss is that expected on the next batch, test_loss + label_noise^2. Raises
    ValueError for a binned spectrum or sizes that are no positive integers.
    """
    width, label_noise = count("width", width), checked(spectrum, label_noise)
    if width is None:
        same = jnp.asarray(spectrum.eigenvalue), jnp.sqrt(jnp.asarray(spectrum.task_power)), jnp.asarray(0.0)
        rate, error, unexplained = (jnp.broadcast_to(part, (len(keys), *part.shape)) for part in same)
    else:
        rate, error, unexplained = _eigenbases(keys, *map(jnp.asarray, mode_chunks(spectrum)), width)
    settings = (jnp.asarray(float(value)) for value in (label_noise, learning_rate, batch))
    test = np.asarray(_run(keys, rate, error, unexplained, *settings, _whole(steps))).T
    return SimulatedCurves(test, test + label_noise**2, np.asarray(rate.max(axis=1)))


def over_epochs(keys, spectrum, width, samples, label_noise, learning_rate, batch, steps):
    """Test and train loss of sgd over a fixed training set, each batch drawn from it anew, without repeats in a batch.

    Parameters are those of ``one_pass``; ``samples`` P is finite and batch <= P. batch = P is gradient descent.
    """
    width, samples, label_noise = count("width", width), count("samples", samples), checked(spectrum, label_noise)
    modes = mode_chunks(spectrum) if width else (spectrum.eigenvalue, spectrum.task_power)
    settings = jnp.asarray(float(label_noise)), jnp.asarray(float(learning_rate)), _whole(steps)
    sizes = width, samples, int(batch)
    return SimulatedCurves(*map(np.asarray, _gaussian_epochs(keys, *map(jnp.asarray, modes), *settings, *sizes)))


def over_epochs_on_rows(keys, rows, width, samples, label_noise, learning_rate, batch, steps):
    """The same on real rows, ``rows`` WhiteRows; the population is their empirical distribution."""
    width, samples = count("width", width), count("samples", samples)
    table = map(jnp.asarray, (rows.coordinates, rows.residual, rows.eigenvalue, rows.coefficient))
    settings = jnp.asarray(float(label_noise)), jnp.asarray(float(learning_rate)), _whole(steps)
    return SimulatedCurves(*map(np.asarray, _row_epochs(keys, *table, *settings, width, samples, int(batch))))


def _whole(steps):
    steps = np.asarray(steps, float)
    if not (steps.ndim == 1 and np.all(steps >= 0) and np.all(steps == np.rint(steps)) and np.all(np.diff(steps) > 0)):
        raise ValueError("steps are whole numbers, ascending and not negative")
    return jnp.asarray(steps.astype(np.int64))


@partial(jax.jit, static_argnames=("width",))
def _eigenbases(keys, eigenvalue, task_power, width):
    """Eigenvalues (S, N) of the features' covariances, targets in their eigenbases (S, N), power beyond them (S,)."""

    def basis(key):
        projection, _ = jax.random.split(key)
        population = draw_features(projection, eigenvalue, task_power, width)
        rate, right = jnp.linalg.eigh(population.root.T @ population.root, symmetrize_input=False)
        return jnp.maximum(rate, 0.0), population.coefficient @ right, population.unexplained

    return jax.lax.map(basis, keys)


@jax.jit
def _run(keys, rate, error, unexplained, label_noise, learning_rate, batch, steps):
    """Test loss (T, S) of runs that go on together."""
    data = jax.vmap(lambda key: jax.random.split(key)[1])(keys)
    beyond = jnp.sqrt(unexplained + label_noise**2)[:, None]

    def step(number, error):
        sums = _batch_sums(jax.vmap(lambda key: jax.random.fold_in(key, number))(data), error, beyond, batch)
        return error - learning_rate / batch * rate * sums

    def advance(state, until):
        done, error = state
        error = jax.lax.fori_loop(done, until, step, error)
        return (until, error), jnp.sum(error**2, axis=1) + unexplained

    return jax.lax.scan(advance, (jnp.zeros_like(steps[0]), error), steps)[1]


def _batch_sums(keys, error, beyond, batch):
    """sum_b g_b r_b (S, N) over a batch of normals g_b (N,), r_b = g_b . error + beyond xi_b, drawn as one (theory
    2.6).

    With d = error/|error| and the chi-square variables of the triangle of (g . d, xi), only the direction across d is
    left, which is one normal vector.
    """
    size = jnp.sqrt(jnp.sum(error**2, axis=1, keepdims=True))
    direction = error / jnp.where(size > 0, size, 1.0)
    across, beside = jax.vmap(partial(_normals, columns=error.shape[1]))(keys)
    first, second = jax.vmap(partial(_squares, batch=batch))(keys)
    along, gx, xx = first[:, None], jnp.sqrt(first)[:, None] * beside, beside**2 + second[:, None]
    length = jnp.sqrt(jnp.maximum(size**2 * along + 2 * size * beyond * gx + beyond**2 * xx, 0.0))
    across = across - jnp.sum(across * direction, axis=1, keepdims=True) * direction
    return direction * (size * along + beyond * gx) + length * across


def _normals(key, columns):
    drawn = jax.random.normal(key, (columns + 1,))
    return drawn[:columns], drawn[columns:]


def _squares(key, batch):
    """chi-square variables of ``batch`` and batch - 1 degrees of freedom."""
    freedom = jnp.stack([batch, jnp.maximum(batch - 1, 1.0)])
    first, second = jax.random.chisquare(jax.random.fold_in(key, 1), freedom, (2,))
    return first, jnp.where(batch > 1, second, 0.0)


@partial(jax.jit, static_argnames=("width", "samples", "batch"))
def _gaussian_epochs(keys, eigenvalue, task_power, label_noise, learning_rate, steps, width, samples, batch):
    def curves(key):
        projection, data, order = jax.random.split(key, 3)
        population = (
            modes_themselves(eigenvalue, task_power)
            if width is None
            else draw_features(projection, eigenvalue, task_power, width)
        )
        training_set = draw_samples(data, population, label_noise, samples, reduced=False)
        return _epochs(order, population, training_set, learning_rate, batch, steps)

    return jax.lax.map(curves, keys)


@partial(jax.jit, static_argnames=("width", "samples", "batch"))
def _row_epochs(
    keys, rows, residual, eigenvalue, coefficient, label_noise, learning_rate, steps, width, samples, batch
):
    def curves(key):
        projection, choice, order = jax.random.split(key, 3)
        population = draw_projection(projection, eigenvalue, coefficient, width)
        training_set = draw_rows(choice, rows, residual, population, label_noise, samples)
        return _epochs(order, population, training_set, learning_rate, batch, steps)

    return jax.lax.map(curves, keys)


def _epochs(key, population, training_set, learning_rate, batch, steps):
    """Test and train loss (T,) of one run; its largest rate is not asked for."""
    features, target = training_set
    samples = len(target)
    scale = learning_rate * samples / batch  # the rows of a training set are divided by sqrt(samples)

    def step(number, state):
        weights, order = state
        order = _shuffled_front(jax.random.fold_in(key, number), order, batch)
        rows = features[order[:batch]]
        return weights + scale * ((target[order[:batch]] - rows @ weights) @ rows), order

    def advance(state, until):
        done, weights, order = state
        weights, order = jax.lax.fori_loop(done, until, step, (weights, order))
        root = population.root
        learned = weights * root if root.ndim == 1 else weights @ root
        test = jnp.sum((population.coefficient - learned) ** 2) + population.unexplained
        return (until, weights, order), (test, jnp.sum((target - features @ weights) ** 2))

    start = jnp.zeros_like(steps[0]), jnp.zeros(features.shape[1]), jnp.arange(samples)
    test, train = jax.lax.scan(advance, start, steps)[1]
    return test, train, jnp.asarray(jnp.nan)


def _shuffled_front(key, order, batch):
    """``order`` (P,) with a uniformly drawn ordered batch in front: the first steps of a Fisher-Yates shuffle."""
    swaps = jax.random.randint(key, (batch,), jnp.arange(batch), len(order))

    def swap(place, order):
        other = swaps[place]
        here, there = order[place], order[other]
        return order.at[place].set(there).at[other].set(here)

    return jax.lax.fori_loop(0, batch, swap, order)
