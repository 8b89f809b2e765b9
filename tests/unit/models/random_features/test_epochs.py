"""Mini-batch sgd over a fixed training set: theory and simulation against exact second moments given the data."""

import numpy as np
import pytest
from scalefront.models.random_features import sgd, spectral
from scalefront.models.random_features.draws import draw_features, draw_samples, mode_chunks
from scalefront.models.random_features.filters import Method, remaining_and_learned
from scalefront.models.random_features.theory import epochs
from scalefront.models.random_features.theory.early_steps import FARTHEST
from scalefront.models.random_features.theory.edge import batch_size, largest_rate
from scalefront.models.random_features.theory.epoch_means import Problem, early_means, first_late, means
from scalefront.models.random_features.theory.epochs import epoch_curves
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.numerics import jax, jnp
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law

from tests.oracles import literal_sgd

SPECTRUM = power_law(1.25, 0.4, 100, exact=100)
LABEL_NOISE = 0.5
STEPS = np.array([0, 1, 3, 10, 30, 100, 200])
CASES = pytest.mark.parametrize(
    ("width", "samples", "batch", "learning_rate"), [(40, 60, 4, 0.3), (40, 60, 1, 0.2), (60, 40, 8, 0.3)]
)


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def in_standard_errors(found, expected, expected_error=0.0):
    """Distance of the mean over draws (S, T) from a value, in combined standard errors; 0 where the two are equal."""
    error = np.hypot(found.std(axis=0, ddof=1) / np.sqrt(len(found)), expected_error)
    off = np.abs(found.mean(axis=0) - expected)
    return np.where(off <= 1e-12, 0.0, off / np.where(error > 0, error, 1e-15))


def problem(width, samples, batch, learning_rate):
    return Problem(SPECTRUM, float(width), samples, LABEL_NOISE, learning_rate, 1 / batch_size(batch, samples))


@CASES
def test_theory_equals_the_mean_over_data_of_exact_second_moments(width, samples, batch, learning_rate):
    data = literal_sgd.draw_data(np.random.default_rng(1), SPECTRUM, width, samples, LABEL_NOISE, 120)
    exact = literal_sgd.epoch_moments(data, learning_rate, batch, STEPS)
    curves = epoch_curves(SPECTRUM, width, samples, LABEL_NOISE, learning_rate, batch, STEPS)
    assert curves.converged.all()
    for found, expected in zip(exact, (curves.test_loss, curves.train_loss), strict=True):
        assert np.all(in_standard_errors(found, expected) < 4)


def draw_of(key, width, samples):
    """Population and training set of the run with this key, as ``sgd.over_epochs`` draws them."""
    projection, data, _ = jax.random.split(key, 3)
    population = draw_features(projection, *map(jnp.asarray, mode_chunks(SPECTRUM)), width)
    return population, draw_samples(data, population, LABEL_NOISE, samples, reduced=False)


def test_runs_over_one_training_set_have_its_exact_second_moments():
    width, samples, batch, learning_rate, steps = 8, 12, 3, 0.4, np.array([1, 4, 20, 60])
    population, training_set = draw_of(jax.random.key(3), width, samples)
    run = jax.jit(jax.vmap(lambda key: sgd._epochs(key, population, training_set, learning_rate, batch, steps)))
    test, train, _ = map(np.asarray, run(keys(2000)))
    scale = np.sqrt(samples)
    shown = [np.asarray(part)[None] for part in (training_set.features * scale, training_set.target * scale)]
    data = literal_sgd.Data(*shown, np.asarray(population.root)[None], np.asarray(population.coefficient))
    exact = literal_sgd.epoch_moments(data, learning_rate, batch, steps)
    assert np.all(in_standard_errors(test, exact[0][0] + float(population.unexplained)) < 4)
    assert np.all(in_standard_errors(train, exact[1][0]) < 4)


def test_the_mean_over_runs_is_that_of_theory():
    width, samples, batch, learning_rate = 40, 60, 4, 0.3
    run = sgd.over_epochs(keys(200), SPECTRUM, width, samples, LABEL_NOISE, learning_rate, batch, STEPS)
    curves = epoch_curves(SPECTRUM, width, samples, LABEL_NOISE, learning_rate, batch, STEPS)
    assert np.all(in_standard_errors(run.test_loss, curves.test_loss) < 4)
    assert np.all(in_standard_errors(run.train_loss, curves.train_loss) < 4)


def test_infinite_width_over_epochs_is_the_mean_over_data_too():
    samples, batch, learning_rate, steps = 50, 5, 0.3, np.array([1, 10, 100])
    run = sgd.over_epochs(keys(200), SPECTRUM, np.inf, samples, LABEL_NOISE, learning_rate, batch, steps)
    curves = epoch_curves(SPECTRUM, np.inf, samples, LABEL_NOISE, learning_rate, batch, steps)
    assert np.all(in_standard_errors(run.test_loss, curves.test_loss) < 4)
    assert np.all(in_standard_errors(run.train_loss, curves.train_loss) < 4)


def test_a_batch_of_all_samples_is_gradient_descent_draw_by_draw():
    width, samples, learning_rate, steps = 8, 12, 0.4, np.array([0, 1, 4, 20, 60])
    run = sgd.over_epochs(keys(2), SPECTRUM, width, samples, LABEL_NOISE, learning_rate, samples, steps)

    def descent(rate, count):
        return remaining_and_learned("gradient_descent", (learning_rate, np.nan, np.nan), rate, count)

    losses = jax.jit(spectral.losses, static_argnums=2)
    for number, key in enumerate(keys(2)):
        test, train, _ = losses(*draw_of(key, width, samples), descent, jnp.asarray(steps, float))
        np.testing.assert_allclose(run.test_loss[number], test, rtol=1e-11)
        np.testing.assert_allclose(run.train_loss[number], train, rtol=1e-11)


def test_batches_are_distinct_and_uniform():
    samples, batch, draws = 6, 3, 12000
    front = jax.jit(jax.vmap(lambda key, order: sgd._shuffled_front(key, order, batch)))
    order = front(keys(draws), jnp.tile(jnp.arange(samples)[::-1], (draws, 1)))  # from any order that came before
    assert np.all(np.sort(order, axis=1) == np.arange(samples))
    sets, counts = np.unique(np.sort(np.asarray(order)[:, :batch], axis=1), axis=0, return_counts=True)
    assert len(sets) == 20  # 6 over 3
    # chi-square of 19 degrees of freedom: above 43.8 once in a thousand
    assert np.sum((counts - draws / 20) ** 2) / (draws / 20) < 43.8


@CASES
def test_means_on_the_ellipse_equal_those_on_talbots_contour(width, samples, batch, learning_rate):
    asked, slowest = problem(width, samples, batch, learning_rate), largest_rate(SPECTRUM, width, samples)
    first, last = first_late(asked, slowest), FARTHEST / slowest / learning_rate
    steps = np.unique(np.rint(np.geomspace(first + 1, last, 6)))
    early, late = early_means(asked, steps, slowest), means(asked, steps)
    assert early.converged.all() and late.converged.all()
    np.testing.assert_allclose(early.test_loss, late.test_loss, rtol=1e-9)
    np.testing.assert_allclose(early.train_loss, late.train_loss, rtol=1e-9, atol=1e-12)


def test_sums_over_interpolated_steps_equal_those_over_all_steps():
    width, samples, batch, learning_rate, last = 40, 60, 4, 0.3, 1000
    asked, every = problem(width, samples, batch, learning_rate), np.arange(last + 1.0)
    mean, feedback = means(asked, every), epochs._feedback_at(asked, every[1:])
    steps = [64, 200, last]
    direct = [
        [loss[n] + gain[:n][::-1] @ mean.train_loss[:n] for n in steps]
        for loss, gain in ((mean.test_loss, feedback.test_loss), (mean.train_loss, feedback.train_loss))
    ]
    curves = epoch_curves(SPECTRUM, width, samples, LABEL_NOISE, learning_rate, batch, np.array(steps))
    np.testing.assert_allclose([curves.test_loss, curves.train_loss], direct, rtol=1e-8)


@pytest.mark.parametrize(("width", "samples"), [(15, 60), (60, 15), (np.inf, 20)])
def test_the_limit_is_where_the_curves_end(width, samples):
    # the slowest rate is above 1e-3 in all of these, so that nothing moves after 1e5 steps of 0.3
    curves = epoch_curves(SPECTRUM, width, samples, LABEL_NOISE, 0.3, 4, np.array([1e5, np.inf]))
    np.testing.assert_allclose(*curves.test_loss, rtol=1e-8)
    np.testing.assert_allclose(*curves.train_loss, rtol=1e-8, atol=1e-12)


def test_one_sample_short_of_the_whole_set_is_almost_gradient_descent():
    # 1/B' = 1/(B (P - 1)) = 3e-4 at P = 60, and the noise is fed back eta Tr K/(2 B') ~ 2e-4 times
    steps = np.array([1, 10, 100])
    curves = epoch_curves(SPECTRUM, 40, 60, LABEL_NOISE, 0.3, 59, steps)
    descent = loss_curves(SPECTRUM, [40], [60], [LABEL_NOISE], steps, Method("gradient_descent", 0.3))
    np.testing.assert_allclose(curves.test_loss, descent.test_loss[0], rtol=1e-3)
    np.testing.assert_allclose(curves.train_loss, descent.train_loss[0], rtol=1e-3)
    assert np.all(curves.test_loss > descent.test_loss[0])  # noise adds


def test_past_the_stability_limit_all_but_the_start_is_infinite():
    curves = epoch_curves(SPECTRUM, 40, 60, LABEL_NOISE, 1.5, 1, np.array([0, 1, np.inf]))
    np.testing.assert_array_equal(curves.test_loss, [SPECTRUM.initial_loss, np.inf, np.inf])
    np.testing.assert_array_equal(curves.train_loss, [SPECTRUM.initial_loss + 0.25, np.inf, np.inf])
