"""One-pass sgd: theory against the exact recursions and the direct Volterra sum, simulation against literal steps."""

import numpy as np
import pytest
from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features import draws, sgd
from scalefront.models.random_features.theory import generating
from scalefront.models.random_features.theory.one_pass import mean_given_projection, one_pass_curves
from scalefront.models.random_features.theory.pole_sums import groups
from scalefront.models.random_features.theory.two_point import one_point
from scalefront.numerics import jax, jnp
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law

from tests.oracles import literal_sgd, volterra
from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("random_features")
INF = np.inf
STEPS = np.array([0, 1, 2, 5, 16, 17, 30, 100, 1000, 10000])
BATCH_SUMS = jax.jit(sgd._batch_sums)
CASES = pytest.mark.parametrize("row", REFERENCE["sgd"], ids=lambda row: f"batch-{row['batch']}")


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def mode_by_mode(modes, source=0.4):
    return power_law(1.25, source, modes, exact=modes)


def theory(spectrum, width, label_noise, learning_rate, batch, steps):
    curves = one_pass_curves(spectrum, [width], [label_noise], [learning_rate], [batch], steps)
    assert curves.converged.all()
    return curves.test_loss[0]


def dynamics(row):
    return [float(row[word]) for word in ("label_noise", "learning_rate", "batch")]


def in_standard_errors(found, expected, expected_error=0.0):
    """Distance of the mean over runs (S, T) from a value, in combined standard errors."""
    error = np.hypot(found.std(axis=0, ddof=1) / np.sqrt(len(found)), expected_error)
    return np.abs(found.mean(axis=0) - expected) / error


@pytest.mark.parametrize("source", [0.4, 1.6])
@pytest.mark.parametrize(("batch", "learning_rate"), [(1, 0.1), (4, 0.3), (32, 1.0)])
@pytest.mark.parametrize("label_noise", [0.0, 0.5])
def test_infinite_width_equals_the_exact_recursion(source, batch, learning_rate, label_noise):
    spectrum = mode_by_mode(100, source)
    exact = volterra.infinite_width(spectrum, label_noise, learning_rate, batch, STEPS)
    found = theory(spectrum, INF, label_noise, learning_rate, batch, STEPS)
    # without label noise the loss falls into rounding
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=1e-14)


def test_printed_recursion_of_infinite_width():
    row = REFERENCE["sgd_infinite_width"]
    found = theory(mode_by_mode(row["modes"]), INF, *dynamics(row), np.array(row["steps"]))
    assert_printed(found, row["exact"], "test_loss")


@pytest.mark.parametrize("width", [10, 60, 390])
@pytest.mark.parametrize(("batch", "learning_rate", "label_noise"), [(1, 0.05, 0.0), (4, 0.2, 0.5), (32, 0.5, 0.5)])
def test_theory_equals_the_direct_volterra_sum(width, batch, learning_rate, label_noise):
    spectrum, steps = mode_by_mode(400), STEPS[:-1]
    direct = volterra.losses(spectrum, width, label_noise, learning_rate, batch, steps[-1])
    found = theory(spectrum, width, label_noise, learning_rate, batch, steps)
    np.testing.assert_allclose(found, direct[steps], rtol=1e-10)


def kernel(spectrum, width, learning_rate, noise, steps):
    """Kv(n) from its generating function."""
    walk = generating.Walk(*(np.full(len(steps), value) for value in (learning_rate, noise)))
    neck, padded = bottleneck(spectrum, [width] * len(steps), [INF] * len(steps)), groups(spectrum)

    @jax.jit
    def divided(excess):
        solved, z, slope = generating.at_roots(padded, neck, walk, excess, 6)
        return generating.difference(-z * one_point(padded, neck, solved).df1, slope)

    circle = np.tile((generating.circle() - 1)[:, None], len(steps))
    first = generating.first_coefficients(np.asarray(divided(circle))[:, 0], np.minimum(steps, generating.FEW_STEPS))
    node, weight = generating.late_contour(jnp.asarray(steps, float))
    return np.where(generating.few(steps), first, 2 * (weight * divided(node)).sum(0).real)


def test_kernel_of_the_noise_from_its_generating_function():
    # the printed values leave out the self-term: q = (1 - eta u)^2 (theory/dynamical_model.md 2.6)
    row, spectrum = REFERENCE["sgd_kernel"], mode_by_mode(400)
    width, learning_rate, batch = (float(row[word]) for word in ("width", "learning_rate", "batch"))
    steps = np.array(row["steps"])
    assert_printed(kernel(spectrum, width, learning_rate, 0.0, steps), row["value"], "Kv")
    _, direct = volterra.means_and_kernel(spectrum, width, learning_rate, batch, steps[-1])
    np.testing.assert_allclose(kernel(spectrum, width, learning_rate, 1 / batch, steps), direct[steps], rtol=1e-10)


@pytest.mark.parametrize("width", [10, 40, INF])
def test_the_limit_is_where_the_curves_end(width):
    # the slowest rate is above 1e-4 in all of these, 60^-1.25 = 6e-3 at infinite width: nothing moves after 1e8 steps
    steps = np.array([1e8, 1e10, INF])
    found = theory(mode_by_mode(60), width, 0.5, 0.2, 4, steps)
    np.testing.assert_allclose(found, found[-1], rtol=1e-10)


@CASES
def test_theory_is_less_than_a_percent_below_the_printed_exact_means(row):
    # an error of order 1/N: 0.3 to 0.6 % at N = 60, and the printed error beside it
    found = theory(mode_by_mode(row["modes"]), float(row["width"]), *dynamics(row), np.array(row["steps"]))
    exact, error = (np.array(floats(row[name])) for name in ("exact", "exact_error"))
    assert np.all(exact / found - 1 > -4 * error / found)
    assert np.all(exact / found - 1 < 0.01)


def test_mean_given_a_projection_equals_second_moments_of_all_modes():
    spectrum = mode_by_mode(30)
    projection = np.random.default_rng(0).standard_normal((8, 30))
    basis = eigenbasis(spectrum, projection)
    moments = literal_sgd.one_pass_moments(spectrum, projection, 0.5, 0.3, 4, 100)
    steps = np.array([0, 1, 10, 100])
    np.testing.assert_allclose(mean_given_projection(*basis, 0.5, 0.3, 4, steps), moments[steps], rtol=1e-12)


def eigenbasis(spectrum, projection):
    """Eigenvalues (..., N), targets in their basis (..., N) and power beyond them (...) of projections (..., N, M)."""
    root = projection * np.sqrt(spectrum.eigenvalue / projection.shape[-2])
    rate, left = np.linalg.eigh(root @ root.swapaxes(-1, -2))
    coefficient = (root @ np.sqrt(spectrum.task_power))[..., None, :] @ left
    coefficient = coefficient[..., 0, :] / np.sqrt(rate)
    return rate, coefficient, spectrum.initial_loss - (coefficient**2).sum(-1)


def exact_mean(row, width, projections):
    """Losses (projections, T) of the exact mean given each of as many projections."""
    spectrum, rng = mode_by_mode(row["modes"]), np.random.default_rng(int(width))
    found = []
    for _ in range(projections // 250):
        basis = eigenbasis(spectrum, rng.standard_normal((250, width, row["modes"])))
        found.append(mean_given_projection(*basis, *dynamics(row), row["steps"]))
    return np.concatenate(found)


@pytest.mark.slow
@CASES
def test_averages_over_projections_equal_the_printed_ones_and_leave_an_error_of_one_over_width(row):
    spectrum, excess, error = mode_by_mode(row["modes"]), {}, {}
    for width in (30, 60, 120):
        given = exact_mean(row, width, 4000)
        if width == row["width"]:
            printed = floats(row["exact"]), floats(row["exact_error"])
            assert np.all(in_standard_errors(given, *printed) < 4)
        found = theory(spectrum, width, *dynamics(row), np.array(row["steps"]))
        excess[width] = width * (given.mean(0) / found - 1)
        error[width] = width * given.std(0) / np.sqrt(len(given)) / found
    for width in (60, 120):
        assert np.all(abs(excess[width] - excess[30]) < 4 * np.hypot(error[width], error[30]))


@CASES
def test_simulation_equals_the_printed_exact_means(row):
    run = sgd.one_pass(keys(300), mode_by_mode(row["modes"]), float(row["width"]), *dynamics(row), row["steps"])
    assert np.all(in_standard_errors(run.test_loss, floats(row["exact"]), floats(row["exact_error"])) < 4)
    np.testing.assert_allclose(run.train_loss, run.test_loss + float(row["label_noise"]) ** 2, rtol=1e-12)


@pytest.mark.parametrize(("batch", "learning_rate"), [(1, 0.1), (4, 0.3)])
def test_reduced_runs_have_the_distribution_of_literal_ones(batch, learning_rate):
    spectrum, width, label_noise, steps, runs = mode_by_mode(15), 8, 0.4, [2, 10, 50], 2000
    rng = np.random.default_rng(7)
    literal = literal_sgd.one_pass(rng, spectrum, width, label_noise, learning_rate, batch, steps, runs)
    reduced = sgd.one_pass(keys(runs), spectrum, width, label_noise, learning_rate, batch, steps).test_loss
    for moment in (np.abs, np.square):  # the spread, too, must agree
        error = moment(literal).std(axis=0) / np.sqrt(runs)
        assert np.all(in_standard_errors(moment(reduced), moment(literal).mean(axis=0), error) < 4)


def test_infinite_width_is_simulated_in_the_modes():
    spectrum, dynamics, steps = mode_by_mode(60), (0.5, 0.3, 4), [1, 3, 10, 100]
    run = sgd.one_pass(keys(300), spectrum, INF, *dynamics, steps)
    assert np.all(in_standard_errors(run.test_loss, volterra.infinite_width(spectrum, *dynamics, steps)) < 4)


@pytest.mark.parametrize("batch", [1, 5])
def test_sums_over_a_batch_have_their_moments(batch):
    # r = g.d + s xi: E[g r] = d and Cov[g r] = d d^T + (|d|^2 + s^2) 1 for normals (Isserlis), B times both for a sum
    error, beyond, count = np.array([0.5, -1.0, 0.2]), 0.7, 40000
    arrays = jnp.tile(error, (count, 1)), jnp.full((count, 1), beyond)
    sums = np.asarray(BATCH_SUMS(keys(count), *arrays, float(batch)))
    covariance = batch * (np.outer(error, error) + (error @ error + beyond**2) * np.eye(3))
    assert np.all(in_standard_errors(sums, batch * error) < 4)
    centred = sums - batch * error
    products = (centred[:, :, None] * centred[:, None, :]).reshape(count, 9)
    assert np.all(in_standard_errors(products, covariance.ravel()) < 4)


def test_steps_in_the_features_are_the_steps_in_all_modes_on_the_same_samples():
    # one path of v0 <- v0 - eta/B G Psi^T (Psi v0 + sqrt(M) sigma eps) and one of d <- d - eta/B k o sum g r
    spectrum, width, batch, learning_rate, label_noise = mode_by_mode(30), 8, 4, 0.3, 0.5
    key = keys(1)
    rate, coefficient, unexplained = (
        np.asarray(part)[0]
        for part in sgd._eigenbases(key, *map(jnp.asarray, draws.mode_chunks(spectrum)), width=width)
    )
    normals = jax.random.normal(jax.random.fold_in(jax.random.split(key[0])[0], 0), (30, width))
    root = np.asarray(normals).T * np.sqrt(spectrum.eigenvalue / width)
    values, left = np.linalg.eigh(root @ root.T)
    np.testing.assert_allclose(rate, values, rtol=1e-12)
    left = left * np.sign(left.T @ root @ np.sqrt(spectrum.task_power)) * np.sign(coefficient)
    white_basis = (left / np.sqrt(values)).T @ root  # (N, M): g = white_basis @ (psi in units of its deviations)
    task, reduced, rng = np.sqrt(spectrum.task_power), coefficient.copy(), np.random.default_rng(1)
    full = task.copy()  # Lambda^1/2 v0/sqrt(M)
    for _ in range(20):
        white, noise = rng.standard_normal((batch, 30)), label_noise * rng.standard_normal(batch)
        g = white @ white_basis.T
        beyond = white @ task - g @ coefficient + noise  # what the features cannot explain
        reduced = reduced - learning_rate / batch * rate * (g.T @ (g @ reduced + beyond))
        full = full - learning_rate / batch * root.T @ root @ (white.T @ (white @ full + noise))
    assert reduced @ reduced + unexplained == pytest.approx(full @ full, rel=1e-12)


def test_a_run_does_not_depend_on_its_neighbours_or_on_the_steps_asked_for():
    spectrum = mode_by_mode(15)
    together = sgd.one_pass(keys(2000), spectrum, 8, 0.3, 0.2, 4, [3, 17, 40]).test_loss
    alone = sgd.one_pass(keys(2000)[2:3], spectrum, 8, 0.3, 0.2, 4, [17]).test_loss
    np.testing.assert_allclose(alone[0, 0], together[2, 1], rtol=1e-10)


def test_past_the_stability_limit_the_mean_is_infinite_but_for_its_start():
    found = theory(mode_by_mode(100), 60, 0.0, 0.5, 1, [0, 1, 1000, INF])
    assert found[0] == mode_by_mode(100).initial_loss
    assert np.all(np.isinf(found[1:]))


@pytest.mark.parametrize("steps", [[0.5], [3, 2], [-1], [[1]]])
def test_steps_that_are_none_are_refused(steps):
    with pytest.raises(ValueError, match="steps"):
        sgd.one_pass(keys(1), mode_by_mode(10), 4, 0.0, 0.1, 1, steps)
