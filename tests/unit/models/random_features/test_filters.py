"""Spectral filters against their own recursions and differential equations in 40-digit decimals (tests/oracles)."""

import numpy as np
import pytest
from scalefront.models.random_features.filters import Method, method_of, remaining, remaining_and_learned
from scalefront.numerics import jax, jnp

from tests.oracles import filters

LEARNING_RATE = 0.5
STEPS = [0, 1, 2, 3, 10, 101, 1000, 10**5, 10**8]
TIMES = [0.0, 1e-3, 0.1, 1.0, 30.0, 1e3, 1e6]
NO = np.nan


def rates(momentum):
    """From slow ones to those that overshoot, and on both sides of heavy ball's double root."""
    critical = (1 - np.sqrt(momentum)) ** 2 / LEARNING_RATE
    near = critical * np.array([0.5, 1 - 1e-9, 1, 1 + 1e-9, 2]) if momentum else []
    return np.concatenate([[1e-9, 1e-6, 1e-3, 0.03, 0.3, 1.0, 1.9, 3.0], near])


def exact(oracle, rate, counts):
    """phi and 1 - phi, (T, r), as floats."""
    pairs = [[oracle(float(u), count) for u in rate] for count in counts]
    return np.moveaxis(np.array(pairs, dtype=float), 2, 0)


def pair(optimizer, settings, rate, counts):
    return _pair(optimizer, settings, jnp.asarray(rate), jnp.asarray(counts, dtype=float))


_pair = jax.jit(remaining_and_learned, static_argnums=0)
_entire = jax.jit(remaining, static_argnums=0)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
def test_heavy_ball_equals_its_recursion_after_few_and_many_steps(momentum):
    rate = rates(momentum)
    expected = exact(lambda u, n: filters.heavy_ball(LEARNING_RATE, momentum, u, n), rate, STEPS)
    found = pair("momentum", (LEARNING_RATE, momentum, NO), rate, STEPS)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-11, atol=1e-15)
    # beside the double root 1 - phi is a difference of the order (learning_rate u) n^2 ~ 1e-5 at momentum 0.99
    np.testing.assert_allclose(found[1], expected[1], rtol=2e-11)


def test_gradient_descent_equals_its_recursion_after_few_and_many_steps():
    expected = exact(lambda u, n: filters.heavy_ball(LEARNING_RATE, 0.0, u, n), rates(0.0), STEPS)
    found = pair("gradient_descent", (LEARNING_RATE, NO, NO), rates(0.0), STEPS)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-14)


def test_a_step_that_learns_a_mode_at_once_leaves_nothing():
    remaining_error, learned = pair("gradient_descent", (0.5, NO, NO), [2.0], STEPS)
    np.testing.assert_allclose(remaining_error[:, 0], [1] + [0] * 8, atol=1e-299)
    np.testing.assert_array_equal(learned[:, 0], [0] + [1] * 8)


def test_a_rate_past_the_stability_limit_grows_with_the_sign_of_its_steps():
    found, _ = pair("gradient_descent", (0.5, NO, NO), [6.0], [1, 2, 3, 10])
    np.testing.assert_allclose(found[:, 0], [-2, 4, -8, 1024], rtol=1e-13)


@pytest.mark.parametrize("inertia", [1e-3, 0.5, 5.0])
def test_momentum_flow_equals_its_differential_equation(inertia):
    critical = 1 / (4 * inertia)
    rate = np.array([1e-9, 1e-3, 0.1, 1.0, 3.0, *(critical * np.array([0.5, 1 - 1e-9, 1, 1 + 1e-9, 2]))])
    expected = exact(lambda u, t: filters.momentum_flow(inertia, u, t), rate, TIMES)
    found = pair("momentum_flow", (NO, NO, inertia), rate, TIMES)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-9, atol=1e-14)
    # where t << inertia 1 - phi is u t^2/(2 inertia), a difference of two numbers u t
    rounding = 1e-15 * np.outer(TIMES, rate)
    assert np.all(abs(np.asarray(found[1]) - expected[1]) <= 1e-12 * expected[1] + rounding)


def test_gradient_flow_keeps_both_small_sides():
    # 1 - e^-x = x - x^2/2 at x = 1e-12; e^-x at 600
    found = pair("gradient_flow", (NO, NO, NO), [1.0], [1e-12, 600.0])
    np.testing.assert_allclose(np.ravel(found), [1 - 1e-12, np.exp(-600), 1e-12 - 5e-25, 1], rtol=1e-15)


SETTINGS = {
    "gradient_flow": (NO, NO, NO),
    "momentum_flow": (NO, NO, 2.0),
    "gradient_descent": (0.5, NO, NO),
    "momentum": (0.5, 0.9, NO),
}


@pytest.mark.parametrize("optimizer", SETTINGS)
def test_everything_is_learned_at_last_and_nothing_at_first(optimizer):
    remaining_error, learned = pair(optimizer, SETTINGS[optimizer], [1e-9, 0.3, 1.0, 3.0], [0.0, np.inf])
    np.testing.assert_array_equal(remaining_error, [[1] * 4, [0] * 4])
    np.testing.assert_array_equal(learned, [[0] * 4, [1] * 4])


@pytest.mark.parametrize("optimizer", SETTINGS)
def test_the_entire_filter_equals_the_real_one_on_the_real_axis(optimizer):
    rate, counts = np.array([1e-6, 1e-3, 0.1, 0.7, 1.3]), np.array([0.0, 1, 2, 10, 100])
    real, _ = pair(optimizer, SETTINGS[optimizer], rate, counts)
    entire = _entire(optimizer, SETTINGS[optimizer], rate[None, :], counts[:, None])
    np.testing.assert_allclose(entire, real, rtol=1e-11, atol=1e-14)


def test_a_point_names_its_method():
    point = {"optimizer": "momentum", "learning_rate": 0.2, "momentum": 0.5, "inertia": None, "batch": None}
    method = method_of(point)
    assert method.stepped and method.settings[:2] == (0.2, 0.5) and np.isnan(method.settings[2])
    assert method.largest_stable_rate() == 15.0  # 2 (1 + momentum)/learning_rate
    assert Method().largest_stable_rate() == np.inf


def test_times_of_steps_are_the_nearest_whole_ones_each_once():
    method = Method("gradient_descent", 0.25)
    counts = method.counts([0.1, 0.2, 0.3, 0.4, 10.0, np.inf])
    np.testing.assert_array_equal(counts, [0, 1, 2, 40, np.inf])
    np.testing.assert_array_equal(method.times(counts), [0, 0.25, 0.5, 10, np.inf])
    np.testing.assert_array_equal(Method().counts([0.1, np.inf]), [0.1, np.inf])
