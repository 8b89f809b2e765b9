import tomllib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from scalefront import datasets
from scalefront.models.random_features import draws, simulation, spectral
from scalefront.models.random_features.filters import remaining_and_learned
from scalefront.numerics import jax, jnp
from scalefront.randomness import seed_keys
from scalefront.spectra import from_columns, power_law

from tests.oracles import literal_flow

REFERENCE = tomllib.loads((Path(__file__).parents[3] / "reference" / "random_features.toml").read_text())
CURVES = REFERENCE["gradient_flow"]
INF = np.inf
GRADIENT_FLOW = partial(remaining_and_learned, "gradient_flow", (np.nan, np.nan, np.nan))
TIMES = np.array([0.0, 0.3, 3.0, 30.0, 1e3, INF])


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def mode_by_mode(modes, capacity=1.25, source=0.4):
    return power_law(capacity, source, modes, exact=modes)


def literal_form(drawn, spectrum):
    """A literal draw in the words of spectral.py: white coordinates are the modes divided by their deviations."""
    root = np.diag(np.sqrt(spectrum.eigenvalue))
    if drawn.projection is not None:
        root = drawn.projection @ root / np.sqrt(len(drawn.projection))
    coefficient = np.sqrt(spectrum.task_power)
    white = drawn.features / np.sqrt(spectrum.eigenvalue)
    samples = len(white)
    target = white @ coefficient + drawn.noise
    training_set = spectral.TrainingSet(white @ root.T / np.sqrt(samples), target / np.sqrt(samples))
    return spectral.Population(root, coefficient, np.array(0.0)), training_set


def losses(draw, spectral_filter, time):
    """spectral.losses of a population and training set, compiled."""
    return jax.jit(spectral.losses, static_argnums=2)(*draw, spectral_filter, jnp.asarray(time))


def in_standard_errors(found, expected, expected_error):
    """Distance of the mean over draws (S, T) from an independent estimate, in combined standard errors."""
    error = np.hypot(found.std(axis=0, ddof=1) / np.sqrt(len(found)), expected_error)
    return np.abs(found.mean(axis=0) - expected) / error


@pytest.mark.parametrize("row", CURVES, ids=lambda row: f"a{row['a']}_b{row['b']}_N{row['width']}_P{row['samples']}")
def test_mean_curves_equal_independent_simulations(row):
    # source: tests/reference/random_features.toml, simulations in the M-dimensional space with numpy's generator
    spectrum = mode_by_mode(row["modes"], row["b"], (row["a"] - 1) / row["b"])
    curves = simulation.full_batch(keys(100), spectrum, row["width"], row["samples"], row["label_noise"], row["time"])
    assert np.all(in_standard_errors(curves.test_loss, row["test_simulation"], row["test_error"]) < 4)
    if row["samples"] == INF:
        np.testing.assert_allclose(curves.train_loss, curves.test_loss + row["label_noise"] ** 2, rtol=1e-12)
        return
    distance = in_standard_errors(curves.train_loss, row["train_simulation"], row["train_error"])
    # below 1e-3 of the start, rare smallest eigenvalues rule the mean: compare in absolute terms (theory 8, pitfall 8)
    small = np.array(row["train_simulation"]) < 1e-3 * row["train_simulation"][0]
    difference = np.abs(curves.train_loss.mean(axis=0) - row["train_simulation"])
    assert np.all(np.where(small, difference < 1e-3 * row["train_simulation"][0], distance < 4))


@pytest.mark.parametrize(("width", "samples"), [(8, 30), (30, 8), (12, 12), (INF, 15), (INF, 60)])
def test_eigendecomposition_equals_literal_steps(width, samples):
    spectrum, learning_rate, count = mode_by_mode(40), 0.05, 300
    drawn = literal_flow.draw(np.random.default_rng(3), spectrum.eigenvalue, width, samples, 0.5)
    test, train = literal_flow.steps(drawn, spectrum.eigenvalue, spectrum.task_power, learning_rate, count)

    def gradient_descent(eigenvalue, steps):
        log_shrink = steps[:, None] * jnp.log1p(-learning_rate * eigenvalue)[None, :]
        return jnp.exp(log_shrink), -jnp.expm1(log_shrink)

    curves = losses(literal_form(drawn, spectrum), gradient_descent, np.arange(count + 1.0))
    np.testing.assert_allclose(curves[0], test, rtol=1e-10)
    np.testing.assert_allclose(curves[1], train, rtol=1e-10)


@pytest.mark.parametrize(("width", "samples"), [(8, 30), (60, 20), (INF, 15)])
def test_eigendecomposition_equals_matrix_exponential_of_all_modes(width, samples):
    # theory/dynamical_model.md section 1: dv0/dt = -K v0 - (sqrt(M) sigma/P) G Psi^T eps
    spectrum, modes = mode_by_mode(40), 40
    drawn = literal_flow.draw(np.random.default_rng(4), spectrum.eigenvalue, width, samples, 0.5)
    gram = np.eye(modes) if width == INF else drawn.projection.T @ drawn.projection / width
    generator = np.zeros((modes + 1, modes + 1))
    generator[:modes, :modes] = -gram @ drawn.features.T @ drawn.features / samples
    generator[:modes, modes] = -np.sqrt(modes) / samples * gram @ drawn.features.T @ drawn.noise
    teacher = np.sqrt(modes * spectrum.task_power / spectrum.eigenvalue)
    time = np.array([0.1, 1.0, 10.0, 100.0])
    error = np.array([(scipy.linalg.expm(generator * t) @ np.append(teacher, 1.0))[:modes] for t in time])
    residual = error @ drawn.features.T / np.sqrt(modes) + drawn.noise
    curves = losses(literal_form(drawn, spectrum), GRADIENT_FLOW, time)
    np.testing.assert_allclose(curves[0], error**2 @ spectrum.eigenvalue / modes, rtol=1e-10)
    np.testing.assert_allclose(curves[1], np.mean(residual**2, axis=1), rtol=1e-10)


@pytest.mark.parametrize(("width", "samples"), [(8, 25), (8, 90), (15, 15), (20, 6), (INF, 8), (INF, 140)])
def test_reduced_draws_have_the_distribution_of_literal_ones(width, samples):
    spectrum, count, label_noise = mode_by_mode(15), 2000, 0.4
    time, rng = np.array([0.3, 3.0, 30.0]), np.random.default_rng(5)
    draws = [literal_flow.draw(rng, spectrum.eigenvalue, width, samples, label_noise) for _ in range(count)]
    stacked = jax.tree.map(lambda *parts: np.stack(parts), *(literal_form(drawn, spectrum) for drawn in draws))
    literal = jax.jit(jax.vmap(lambda draw: spectral.losses(*draw, GRADIENT_FLOW, jnp.asarray(time))))
    reduced = simulation.full_batch(keys(count), spectrum, width, samples, label_noise, time)
    for found, expected in zip(reduced, map(np.asarray, literal(stacked)), strict=True):
        for moment in (np.abs, np.square):  # the spread, too, must agree
            error = moment(expected).std(axis=0) / np.sqrt(count)
            assert np.all(in_standard_errors(moment(found), moment(expected).mean(axis=0), error) < 4)


def test_wishart_rows_have_the_moments_of_normal_ones():
    # W ~ Wishart_3(P, 1): mean P 1, variance 2P on the diagonal and P beside it (Anderson, 1963)
    samples, count = 25, 20000
    rows = jax.vmap(lambda key: draws.gaussian_rows(key, samples, 3))(keys(count))
    assert rows.shape == (count, 3, 3)
    wishart = np.einsum("cri,crj->cij", rows, rows)
    variance = samples * (1 + np.eye(3))
    assert np.all(np.abs(wishart.mean(axis=0) - samples * np.eye(3)) < 4 * np.sqrt(variance / count))
    np.testing.assert_allclose(wishart.var(axis=0), variance, rtol=0.05)  # a variance of 20000 draws is known to 1 %


@pytest.mark.parametrize("width", [20, 50, 70])
def test_random_features_carry_the_covariance_and_the_whole_target(width):
    spectrum = mode_by_mode(50)
    chunk = (jnp.asarray(spectrum.eigenvalue[None]), jnp.asarray(spectrum.task_power[None]))
    key = jax.random.key(1)
    population = jax.jit(draws.draw_features, static_argnums=3)(key, *chunk, width)
    projection = np.asarray(jax.random.normal(jax.random.fold_in(key, 0), (50, width))).T
    covariance = projection * spectrum.eigenvalue @ projection.T / width
    correlation = projection @ np.sqrt(spectrum.eigenvalue * spectrum.task_power) / np.sqrt(width)
    np.testing.assert_allclose(population.root @ population.root.T, covariance, rtol=0, atol=1e-13 * covariance.max())
    np.testing.assert_allclose(population.root @ population.coefficient, correlation, rtol=0, atol=1e-13)
    power = np.sum(population.coefficient**2) + population.unexplained
    assert float(power) == pytest.approx(spectrum.initial_loss, rel=1e-13)


@pytest.mark.parametrize("width", [50, 70])
def test_as_many_features_as_modes_learn_everything(width):
    curves = simulation.full_batch(keys(4), mode_by_mode(50), width, INF, 0.0, [INF])
    assert np.all(curves.test_loss < 1e-12)


def test_eigenvalues_beyond_double_precision_leave_finite_losses():
    curves = simulation.full_batch(keys(4), mode_by_mode(300, capacity=8.0), 200, 250, 0.1, TIMES)
    assert np.all(np.isfinite(curves.test_loss))
    assert np.all(np.isfinite(curves.train_loss))


def test_infinite_width_and_samples_are_the_sum_over_modes():
    spectrum = power_law(1.25, 0.4, 1e8)
    curves = simulation.full_batch(keys(3), spectrum, INF, INF, 0.5, TIMES)
    decay = np.exp(-2 * TIMES[:-1, None] * spectrum.eigenvalue)
    expected = np.append(decay @ (spectrum.multiplicity * spectrum.task_power), 0.0)
    np.testing.assert_allclose(curves.test_loss, np.tile(expected, (3, 1)), rtol=1e-12)
    np.testing.assert_allclose(curves.train_loss, curves.test_loss + 0.25, rtol=1e-12)


@pytest.mark.parametrize(("width", "samples"), [(10, 20), (20, 10), (10, INF), (INF, 10)])
def test_curves_start_at_the_power_of_the_task_and_have_a_limit(width, samples):
    spectrum = mode_by_mode(100)
    curves = simulation.full_batch(keys(3), spectrum, width, samples, 0.3, [0.0, 1e12, INF])
    np.testing.assert_allclose(curves.test_loss[:, 0], spectrum.initial_loss, rtol=1e-12)
    np.testing.assert_allclose(curves.test_loss[:, 1], curves.test_loss[:, 2], rtol=1e-10)


def test_many_samples_approach_the_population_gradient():
    spectrum = mode_by_mode(100)
    finite = simulation.full_batch(keys(3), spectrum, 10, 1e10, 0.3, TIMES)
    infinite = simulation.full_batch(keys(3), spectrum, 10, INF, 0.3, TIMES)
    np.testing.assert_allclose(finite.test_loss, infinite.test_loss, rtol=1e-3)  # fluctuations of order P^-1/2 = 1e-5
    np.testing.assert_allclose(finite.train_loss, infinite.train_loss, rtol=1e-3)


@pytest.mark.parametrize(("width", "samples", "batch"), [(10, 20, None), (10, 20, 3), (INF, 10, 3), (10, INF, None)])
def test_a_draw_does_not_depend_on_its_neighbours(width, samples, batch, monkeypatch):
    monkeypatch.setattr(simulation, "_batch_size", lambda *_: batch)
    spectrum = mode_by_mode(60)
    together = simulation.full_batch(keys(7), spectrum, width, samples, 0.3, TIMES)
    alone = simulation.full_batch(keys(7)[4:5], spectrum, width, samples, 0.3, TIMES)
    np.testing.assert_allclose(together.test_loss[4:5], alone.test_loss, rtol=1e-10)
    np.testing.assert_allclose(together.train_loss[4:5], alone.train_loss, rtol=1e-10, atol=1e-15)


def test_a_million_modes_need_no_array_of_that_length_times_width():
    spectrum = mode_by_mode(10**6)
    curves = simulation.full_batch(keys(1), spectrum, 16, 100, 0.0, [0.0, 1e4])
    assert curves.test_loss[0, 0] == pytest.approx(spectrum.initial_loss, rel=1e-12)
    assert 0 < curves.test_loss[0, 1] < spectrum.initial_loss


def test_modes_in_several_chunks_carry_the_same_population(monkeypatch):
    monkeypatch.setattr(draws, "MODES_AT_ONCE", 7)  # 30 modes: five chunks of 6
    spectrum = mode_by_mode(30)
    chunks = [jnp.asarray(chunk) for chunk in draws.mode_chunks(spectrum)]
    key = jax.random.key(2)
    population = draws.draw_features(key, *chunks, 8)
    parts = [jax.random.normal(jax.random.fold_in(key, number), (6, 8)) for number in range(5)]
    projection = np.concatenate(parts).T
    covariance = projection * spectrum.eigenvalue @ projection.T / 8
    np.testing.assert_allclose(population.root @ population.root.T, covariance, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"width": 0}, "width"),
        ({"samples": 2.5}, "samples"),
        ({"label_noise": -1.0}, "label_noise"),
        ({"time": [-1.0]}, "time"),
        ({"spectrum": power_law(1.25, 0.4, 1e4)}, "binned"),
        ({"spectrum": power_law(1.25, 0.4, 1e4), "width": INF}, "binned"),
    ],
)
def test_what_cannot_be_simulated_is_refused(change, named):
    point = {"spectrum": mode_by_mode(10), "width": 4, "samples": 5, "label_noise": 0.0, "time": [1.0]} | change
    with pytest.raises(ValueError, match=named):
        simulation.full_batch(keys(1), **point)


@pytest.fixture(scope="module")
def table():
    """300 rows of 6 correlated features, one of them a copy, and a target with a part that they do not explain."""
    rng = np.random.default_rng(6)
    features = rng.uniform(size=(300, 5)) @ rng.standard_normal((5, 5)) + 3.0
    target = features @ rng.standard_normal(5) + np.sin(9 * features[:, 0]) + 2.0
    return np.column_stack([features, features[:, 0]]), target


def test_all_rows_at_infinite_width_are_the_sum_over_measured_modes(table):
    measured = datasets.measure(*table)
    curves = simulation.full_batch_on_rows(keys(2), *table, INF, INF, 0.0, TIMES)
    decay = np.exp(-2 * TIMES[:-1, None] * measured.eigenvalue)
    expected = np.append(decay @ measured.task_power, 0.0)
    np.testing.assert_allclose(curves.test_loss, np.tile(expected, (2, 1)), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(curves.train_loss, curves.test_loss + measured.noise_variance, rtol=1e-12)


@pytest.mark.parametrize(("width", "samples"), [(4, 30), (9, 3), (INF, 30)])
def test_drawn_rows_follow_the_literal_flow_on_the_features_themselves(width, samples, table):
    features, target = table
    features, target = features - features.mean(axis=0), target - target.mean()
    rows = datasets.whiten(*table)
    count = None if width == INF else width
    key = keys(1)[0]
    projection, choice = jax.random.split(key)
    population = draws.draw_projection(projection, jnp.asarray(rows.eigenvalue), jnp.asarray(rows.coefficient), count)
    arrays = jnp.asarray(rows.coordinates), jnp.asarray(rows.residual)
    training_set = draws.draw_rows(choice, *arrays, population, 0.0, samples)
    # the same draw on the table itself: a matrix exponential for w(t), means over rows for the losses
    root = np.diag(population.root) if width == INF else np.asarray(population.root)
    seen = rows.coordinates @ root.T
    chosen = np.asarray(jax.random.randint(choice, (samples,), 0, len(target)))
    np.testing.assert_allclose(training_set.features * np.sqrt(samples), seen[chosen], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(training_set.target * np.sqrt(samples), target[chosen], rtol=1e-10, atol=1e-12)
    best = features @ np.linalg.lstsq(features, target)[0]
    time = np.array([0.1, 1.0, 10.0])
    test, train = [], []
    for t in time:
        size = seen.shape[1]
        generator = np.zeros((size + 1, size + 1))
        generator[:size, :size] = -seen[chosen].T @ seen[chosen] / samples
        generator[:size, size] = seen[chosen].T @ target[chosen] / samples
        prediction = seen @ scipy.linalg.expm(generator * t)[:size, size]
        test.append(np.mean((prediction - best) ** 2))
        train.append(np.mean((prediction - target)[chosen] ** 2))
    curves = simulation.full_batch_on_rows(key[None], *table, width, samples, 0.0, time)
    np.testing.assert_allclose(curves.test_loss[0], test, rtol=1e-9)
    np.testing.assert_allclose(curves.train_loss[0], train, rtol=1e-9, atol=1e-12)


def test_a_projection_of_real_rows_has_the_covariance_of_gaussian_ones(table):
    measured = datasets.measure(*table)
    spectrum = from_columns(measured.eigenvalue, measured.task_power)
    real = simulation.full_batch_on_rows(keys(2000), *table, 3, INF, 0.0, TIMES)
    gaussian = simulation.full_batch(keys(2000, seed=1), spectrum, 3, INF, 0.0, TIMES)
    error = gaussian.test_loss[:, 1:].std(axis=0) / np.sqrt(2000)
    assert np.all(in_standard_errors(real.test_loss[:, 1:], gaussian.test_loss[:, 1:].mean(axis=0), error) < 4)
    np.testing.assert_allclose(real.train_loss, real.test_loss + measured.noise_variance, rtol=1e-12)


def test_a_draw_of_rows_does_not_depend_on_its_neighbours(table):
    together = simulation.full_batch_on_rows(keys(5), *table, 3, 20, 0.0, TIMES)
    alone = simulation.full_batch_on_rows(keys(5)[2:3], *table, 3, 20, 0.0, TIMES)
    np.testing.assert_allclose(together.test_loss[2:3], alone.test_loss, rtol=1e-10)


def test_label_noise_on_real_rows_adds_its_variance(table):
    quiet, noisy = (simulation.full_batch_on_rows(keys(400), *table, INF, 30, sigma, TIMES) for sigma in (0.0, 0.7))
    # at t = 0 nothing is learned: the training loss holds sigma^2 more, the test loss nothing; later noise is fitted
    gain = noisy.train_loss[:, 0] - quiet.train_loss[:, 0]
    assert abs(gain.mean() - 0.49) < 4 * gain.std() / np.sqrt(400)
    np.testing.assert_allclose(noisy.test_loss[:, 0], quiet.test_loss[:, 0], rtol=1e-12)
    assert noisy.test_loss[:, -2].mean() > quiet.test_loss[:, -2].mean()
    population = simulation.full_batch_on_rows(keys(1), *table, INF, INF, 0.7, TIMES)
    without = simulation.full_batch_on_rows(keys(1), *table, INF, INF, 0.0, TIMES)
    np.testing.assert_allclose(population.train_loss - without.train_loss, 0.49, rtol=1e-9)
