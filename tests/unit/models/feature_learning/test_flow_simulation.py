"""Simulated gradient flow: literal steps, independent simulations, late losses, and independence of batching."""

import numpy as np
import pytest
from scalefront.late_losses import late_losses
from scalefront.models.feature_learning import flow_simulation
from scalefront.models.feature_learning.flow_simulation import simulate_flow
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.numerics import jax
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law

from tests.oracles.printed import floats, load

REFERENCE = load("feature_learning_flow")
INF = np.inf
TIME = np.array([0.5, 2.0, 8.0])


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def mode_by_mode(modes, capacity=1.5, source=0.5):
    return power_law(capacity, source, modes, exact=modes)


def in_standard_errors(found, expected, expected_error=0.0):
    """Distance of the mean over draws (S, T) from an independent estimate, in combined standard errors."""
    error = np.hypot(found.std(axis=0, ddof=1) / np.sqrt(len(found)), expected_error)
    return np.abs(found.mean(axis=0) - expected) / error


def literal_steps(projection, spectrum, richness, depth, learning_rate, rows=None, target=None):
    """Test and train loss at TIME of theory/feature_learning.md 1b in all M modes, further layers starting as 1.

    The population gradient, or that on ``rows`` (P, M) with ``target`` (P,).
    """
    width = len(projection)
    teacher = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    first, readout = projection.copy(), np.zeros(width)
    upper = [np.eye(width) for _ in range(depth - 1)]
    frozen = projection.T @ projection / width
    test, train = [], []
    for step in range(round(TIME[-1] / learning_rate) + 1):
        signals = [first]
        for layer in upper:
            signals.append(layer @ signals[-1])
        predictor = signals[-1].T @ readout / width
        if np.any(np.isclose(step * learning_rate, TIME)):
            test.append(spectrum.eigenvalue @ (teacher - predictor) ** 2)
            train.append(np.nan if rows is None else np.mean((target - rows @ predictor) ** 2))
        force = spectrum.eigenvalue * (teacher - predictor)
        if rows is not None:
            force = rows.T @ (target - rows @ predictor) / len(rows)
        back, changes = readout, []
        for layer, below in zip(upper[::-1], signals[-2::-1], strict=True):
            changes.append(np.outer(back, below @ force) / width)
            back = layer.T @ back
        readout = readout + learning_rate * signals[-1] @ force
        first = first + learning_rate * richness * np.outer(back, frozen @ force)
        upper = [layer + learning_rate * richness * change for layer, change in zip(upper, changes[::-1], strict=True)]
    return np.array(test), np.array(train)


def reduced(projection, spectrum, richness, depth, rows=None, target=None):
    """Test and train loss at TIME of the same draw as one flow of modes."""
    variance, turn = np.linalg.eigh(projection * spectrum.eigenvalue @ projection.T)
    covariance = turn.T @ projection @ np.sqrt(spectrum.eigenvalue * spectrum.task_power)
    projected = variance, covariance, spectrum.initial_loss - np.sum(covariance**2 / variance)
    if rows is None:
        problem = flow_simulation._on_population(*projected)
    else:
        problem = flow_simulation._on_samples(*projected, rows @ projection.T @ turn, target)
    batch = flow_simulation._Problem(*(np.asarray(part)[None] for part in problem))
    return [loss[0] for loss in flow_simulation._losses(batch, richness, depth, TIME)]


@pytest.mark.parametrize("samples", [INF, 12, 24])
@pytest.mark.parametrize(("richness", "depth"), [(0.0, 1), (1.0, 1), (1.0, 2)])
def test_flow_is_the_limit_of_literal_steps(samples, richness, depth):
    # theory/feature_learning.md 1g: the error of steps is of first order in their size
    rng, spectrum = np.random.default_rng(5), mode_by_mode(60)
    projection, data = rng.standard_normal((16, 60)), {}
    if samples < INF:
        rows = rng.standard_normal((samples, 60)) * np.sqrt(spectrum.eigenvalue)
        noise = 0.3 * rng.standard_normal(samples)
        data = {"rows": rows, "target": rows @ np.sqrt(spectrum.task_power / spectrum.eigenvalue) + noise}
    exact = reduced(projection, spectrum, richness, depth, **data)
    coarse, fine = (literal_steps(projection, spectrum, richness, depth, step, **data) for step in (0.01, 0.005))
    for curve, with_coarse, with_fine in list(zip(exact, coarse, fine, strict=True))[: 1 if samples == INF else 2]:
        np.testing.assert_allclose(2 * with_fine - with_coarse, curve, rtol=5e-4)
        np.testing.assert_allclose((with_coarse - curve) / (with_fine - curve), 2, atol=0.1)


@pytest.mark.parametrize("row", REFERENCE["long_time"], ids=lambda row: f"richness-{row['richness']}")
def test_mean_curves_equal_independent_simulations(row):
    curves = simulate_flow(keys(60), mode_by_mode(1000), 64, INF, 0.0, float(row["richness"]), 1, floats(row["time"]))
    expected = np.array(floats(row["test_simulation"])), np.array(floats(row["test_error"]))
    assert np.all(in_standard_errors(curves.test_loss, *expected) < 4)
    assert np.isnan(curves.train_loss).all()


@pytest.mark.parametrize("row", REFERENCE["floors"]["rows"], ids=lambda row: f"{row['capacity']}-{row['source']}")
def test_floors_equal_independent_projections_and_interpolations(row):
    spectrum, size = mode_by_mode(3000, float(row["capacity"]), float(row["source"])), REFERENCE["floors"]["size"]
    for word, sizes in (("width", (size, INF)), ("samples", (INF, size))):
        found = simulate_flow(keys(20), spectrum, *sizes, 0.0, 1.0, 1, [INF]).test_loss
        assert np.all(in_standard_errors(found, *floats(row[word])) < 4), word


@pytest.mark.parametrize(("width", "samples"), [(64, INF), (INF, 64), (64, 32), (32, 64)])
def test_floors_equal_the_closed_form(width, samples):
    spectrum, label_noise = mode_by_mode(1000), 0.3
    found = simulate_flow(keys(60, 1), spectrum, width, samples, label_noise, 1.0, 1, [INF])
    expected = late_losses(spectrum, [width], [samples], [label_noise])
    assert in_standard_errors(found.test_loss, expected.test_loss) < 4
    if samples > width and samples < INF:
        assert in_standard_errors(found.train_loss, expected.train_loss) < 4
    elif samples < INF:
        np.testing.assert_allclose(found.train_loss, 0, atol=1e-20)


@pytest.mark.parametrize("samples", [INF, 4, 24])
def test_richness_and_depth_do_not_move_the_limit(samples):
    draw = keys(3), mode_by_mode(40), 8, samples, 0.2
    lazy = simulate_flow(*draw, 0.0, 1, [1.0, INF])
    rich = simulate_flow(*draw, 10.0, 2, [1.0, 1e9, INF])
    assert np.all(rich.test_loss[:, 0] != lazy.test_loss[:, 0])
    np.testing.assert_array_equal(rich.test_loss[:, 2], lazy.test_loss[:, 1])
    np.testing.assert_allclose(rich.test_loss[:, 1], lazy.test_loss[:, 1], rtol=1e-6)


@pytest.mark.parametrize(("width", "samples"), [(12, INF), (12, 6), (12, 30), (INF, 9)])
def test_curves_do_not_depend_on_batching(width, samples, monkeypatch):
    settings = mode_by_mode(40), width, samples, 0.1, 2.0, 1, [0.0, 0.7, 30.0, INF]
    together = simulate_flow(keys(4), *settings)
    monkeypatch.setattr(flow_simulation, "BYTES_AT_ONCE", 1.0)
    one_by_one = simulate_flow(keys(4)[2:], *settings)
    for all_of_them, some in zip(together, one_by_one, strict=True):
        np.testing.assert_allclose(some, all_of_them[2:], rtol=1e-10, atol=1e-20)


def test_nothing_is_random_at_infinite_width_and_samples():
    spectrum, time = power_law(1.5, 0.5, 1e6), [0.0, 3.0, 1e3, INF]
    curves = simulate_flow(keys(2), spectrum, INF, INF, 0.5, 1.0, 2, time)
    np.testing.assert_allclose(curves.test_loss, np.stack([infinite_width(spectrum, time, 1.0, 2)] * 2), rtol=1e-14)
    assert np.isnan(curves.train_loss).all()


@pytest.mark.parametrize(
    ("spectrum", "width", "samples", "label_noise"),
    [
        (power_law(1.5, 0.5, 1e4), 8, INF, 0.0),
        (mode_by_mode(40), 2.5, INF, 0.0),
        (mode_by_mode(40), 8, 0, 0.0),
        (mode_by_mode(40), 8, 4, -1.0),
    ],
)
def test_impossible_draws_are_refused(spectrum, width, samples, label_noise):
    with pytest.raises(ValueError, match=r"binned|positive integer|at least"):
        simulate_flow(keys(1), spectrum, width, samples, label_noise, 1.0, 1, [1.0])
