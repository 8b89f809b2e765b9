"""Gradients of batches that are drawn as one, against their exact moments; distinct samples; fewer rows."""

from functools import partial

import numpy as np
import pytest
from scalefront.models.feature_learning import batches
from scalefront.numerics import jax, jnp
from scalefront.randomness import seed_keys

POPULATION = batches.Population(jnp.array([1.0, 0.5, 0.1]), jnp.array([0.6, -0.3, 0.2]), jnp.asarray(0.05))
PREDICTOR = jnp.array([0.2, 0.4, -1.0])
DRAWS = 40_000


@jax.jit
def fresh(keys, batch):
    def one(key):
        drawn = batches.draw_fresh(key, 3, batch)
        return batches.fresh_gradient(POPULATION, jnp.asarray(0.3), batch, drawn, PREDICTOR)

    return jax.vmap(one)(keys)


def literal(rng, batch):
    white = rng.standard_normal((DRAWS, batch, 3))
    beyond = rng.standard_normal((DRAWS, batch)) * np.sqrt(0.05 + 0.3**2)
    residual = white @ np.asarray(POPULATION.error(PREDICTOR)) + beyond
    return np.einsum("rbf,rb->rf", white * np.asarray(POPULATION.root), residual) / batch


def standard_errors(found, expected):
    """Distance of the mean over draws (S, ...) from a value, in its standard errors."""
    return np.abs(found.mean(axis=0) - expected) / (found.std(axis=0) / np.sqrt(len(found)))


@pytest.mark.parametrize("batch", [1, 2, 8])
def test_a_fresh_gradient_has_the_moments_of_a_batch(batch):
    found = np.asarray(fresh(seed_keys(jax.random.key(1), range(DRAWS)), float(batch)))
    mean, variance = np.asarray(POPULATION.gradient(PREDICTOR)), np.asarray(POPULATION.root) ** 2
    power = float(POPULATION.loss(PREDICTOR)) + 0.3**2
    covariance = (power * np.diag(variance) + np.outer(mean, mean)) / batch
    assert np.all(standard_errors(found, mean) < 4)
    away = found - mean
    assert np.all(standard_errors(away[:, :, None] * away[:, None, :], covariance) < 4)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fresh_gradient_is_distributed_as_one_of_literal_samples(batch):
    found = np.asarray(fresh(seed_keys(jax.random.key(2), range(DRAWS)), float(batch)))
    expected = literal(np.random.default_rng(0), batch)
    along = np.array([1.0, -2.0, 3.0])
    levels = np.quantile(expected @ along, np.linspace(0.05, 0.95, 10))
    below = [(draws @ along)[:, None] < levels for draws in (found, expected)]
    assert np.all(np.abs(below[0].mean(axis=0) - below[1].mean(axis=0)) < 4 * np.sqrt(0.5 / DRAWS))


def test_nothing_is_drawn_once_all_is_learned():
    perfect = batches.Population(POPULATION.root, POPULATION.root, jnp.asarray(0.0))
    drawn = batches.draw_fresh(jax.random.key(0), 3, jnp.asarray(4.0))
    assert not batches.fresh_gradient(perfect, jnp.asarray(0.0), 4.0, drawn, jnp.ones(3)).any()


@pytest.mark.parametrize(("samples", "batch"), [(6, 1), (6, 4), (6, 6)])
def test_distinct_samples_are_distinct_and_equally_frequent(samples, batch):
    draw = jax.jit(jax.vmap(partial(batches.draw_distinct, samples=samples, batch=batch)))
    chosen = np.sort(np.asarray(draw(seed_keys(jax.random.key(3), range(10_000)))), axis=1)
    assert np.all(np.diff(chosen, axis=1) > 0) and chosen.min() == 0 and chosen.max() == samples - 1
    share = np.bincount(chosen.ravel(), minlength=samples) / len(chosen)
    assert np.all(np.abs(share - batch / samples) < 4 * np.sqrt(0.25 / len(chosen)))


@pytest.mark.parametrize("samples", [2, 4, 50])
def test_reduced_rows_have_the_same_losses_and_gradients(samples):
    whole, reduced = (
        batches.draw_training_set(jax.random.key(4), POPULATION, jnp.asarray(0.3), samples, reduced=reduced)
        for reduced in (False, True)
    )
    assert len(reduced.target) == min(samples, 4)
    np.testing.assert_allclose(reduced.loss(PREDICTOR), whole.loss(PREDICTOR), rtol=1e-12)
    np.testing.assert_allclose(reduced.gradient(PREDICTOR), whole.gradient(PREDICTOR), rtol=1e-12)


def test_gradient_over_all_samples_is_that_of_the_training_set():
    rows = batches.draw_training_set(jax.random.key(5), POPULATION, jnp.asarray(0.3), 7, reduced=False)
    some = rows.gradient_of(jnp.arange(7)[::-1], PREDICTOR)
    np.testing.assert_allclose(some, rows.gradient(PREDICTOR), rtol=1e-12)
