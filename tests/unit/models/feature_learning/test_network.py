"""The network step by step, reduced, against literal steps in all modes and against printed simulations."""

from functools import cache

import numpy as np
import pytest
from scalefront.models.feature_learning import network
from scalefront.models.feature_learning.network import simulate_steps
from scalefront.numerics import jax
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from tests.oracles import linear_network
from tests.oracles.printed import floats, load

REFERENCE = load("feature_learning_simulation")
INF = np.inf
SEEDS = 150
PRINTED_STEPS = np.array([1, 4, 16, 64, 100, 200])  # of all rows, so that they share compiled code
LITERAL_STEPS = np.array([0, 1, 3, 10, 30])


def keys(count, seed=0):
    return seed_keys(jax.random.key(seed), range(count))


def mode_by_mode(modes, source=0.5):
    return power_law(1.5, source, modes, exact=modes)


def simulate(count, spectrum, width, counts, samples=INF, label_noise=0.0, learning_rate=0.2, batch=None, **kind):
    settings = {"learning_rate": learning_rate, "batch": batch, "counts": np.array(counts, float)}
    return simulate_steps(keys(count), spectrum, width, samples, label_noise, **settings, **kind)


def mean_and_error(losses):
    return losses.mean(axis=0), losses.std(axis=0, ddof=1) / np.sqrt(len(losses))


def assert_equal_means(found, expected, expected_error, errors=4):
    """Means of two sets of runs, within ``errors`` combined standard errors."""
    mean, error = mean_and_error(found)
    away = np.abs(mean - expected) / np.maximum(np.hypot(error, expected_error), 1e-12)
    assert np.all(away < errors), f"{away} standard errors: {mean} for {expected}"


def projection(key, width, modes):
    """The A0 (N, M) of a run of the projected model, which has fewer modes than it draws at a time."""
    return np.asarray(jax.random.normal(jax.random.fold_in(jax.random.split(key, 3)[0], 0), (modes, width))).T


def free_layer(key, width, modes):
    """The A0 (N, M) of a run of the pure network."""
    return np.asarray(jax.random.normal(jax.random.split(key, 3)[0], (width, modes)))


@pytest.mark.parametrize(
    ("pure", "richness", "depth"), [(False, 0.0, 1), (False, 1.0, 1), (False, 0.5, 3), (True, 0.0, 3), (True, 1.0, 3)]
)
def test_population_gradient_goes_the_literal_path(pure, richness, depth):
    spectrum, width, modes = mode_by_mode(30), 6, 30
    found = simulate(2, spectrum, width, [0, 1, 2, 20, 60], richness=richness, depth=depth, pure=pure)
    for place, key in enumerate(keys(2)):
        drawn = (free_layer if pure and richness else projection)(key, width, modes)
        test, _ = linear_network.run(None, spectrum, drawn, 0.2, richness, 60, pure=pure, depth=depth)
        np.testing.assert_allclose(found.test_loss[place], test[[0, 1, 2, 20, 60]], rtol=1e-11)
    assert np.isnan(found.train_loss).all()


@pytest.mark.parametrize(("pure", "depth"), [(False, 1), (True, 1), (True, 2)])
def test_infinite_width_is_the_identity_in_place_of_the_projection(pure, depth):
    spectrum = mode_by_mode(20)
    found = simulate(2, spectrum, INF, [0, 1, 7, 50], depth=depth, pure=pure).test_loss
    test, _ = linear_network.run(None, spectrum, np.sqrt(20) * np.eye(20), 0.2, 1.0, 50, pure=pure, depth=depth)
    np.testing.assert_allclose(found, np.tile(test[[0, 1, 7, 50]], (2, 1)), rtol=1e-12)


LITERAL = {
    "projected, lazy, batches of 8": {"batch": 8, "richness": 0.0},
    "projected, rich, batches of 8": {"batch": 8},
    "projected, rich, batches of 64": {"batch": 64},
    "projected, rich, noisy batches of 8": {"batch": 8, "label_noise": 0.5},
    "pure, batches of 8": {"batch": 8, "pure": True},
    "projected, depth 2, batches of 8": {"batch": 8, "depth": 2},
    "projected, rich, noisy training set": {"samples": 12, "label_noise": 0.5},
    "projected, rich, more samples than features": {"samples": 40},
    "projected, rich, epochs in batches of 4": {"samples": 12, "batch": 4},
}


@pytest.mark.parametrize("settings", LITERAL.values(), ids=LITERAL)
def test_reduced_runs_have_the_losses_of_literal_ones(settings):
    spectrum, width, runs = mode_by_mode(30), 10, 200
    found = simulate(runs, spectrum, width, LITERAL_STEPS, **settings)
    rng, richness = np.random.default_rng(0), settings.get("richness", 1.0)
    others = {word: value for word, value in settings.items() if word != "richness"}
    literal = []
    for _ in range(runs):
        drawn = rng.standard_normal((width, 30))
        literal.append(linear_network.run(rng, spectrum, drawn, 0.2, richness, LITERAL_STEPS[-1], **others))
    test, train = np.moveaxis(np.array(literal)[:, :, LITERAL_STEPS], 1, 0)
    assert_equal_means(found.test_loss, *mean_and_error(test))
    if "samples" in settings:
        assert_equal_means(found.train_loss, *mean_and_error(train))


@pytest.mark.parametrize("row", REFERENCE["simulation"], ids=lambda row: row["name"])
def test_simulations_equal_the_printed_ones(row):
    spectrum = mode_by_mode(row["modes"], float(row.get("task_source", 0.5)))
    kind = {"richness": float(row.get("richness", 1)), "pure": row.get("pure", False)}
    dynamics = float(row.get("label_noise", 0)), float(row["learning_rate"]), row.get("batch")
    found = simulate(SEEDS, spectrum, row["width"], PRINTED_STEPS, row.get("samples", INF), *dynamics, **kind)
    asked = np.isin(PRINTED_STEPS, row["steps"])
    assert_equal_means(found.test_loss[:, asked], floats(row["test"]), floats(row["test_error"]))
    if "train" in row:
        assert_equal_means(found.train_loss[:, asked], floats(row["train"]), floats(row["train_error"]))


def test_sgd_at_infinite_width_equals_the_printed_simulation():
    row = REFERENCE["infinite_width"]
    found = simulate(16, mode_by_mode(row["modes"]), INF, row["steps"], batch=row["batch"]).test_loss
    assert_equal_means(found, floats(row["test"]), floats(row["test_error"]))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_deep_steps_at_infinite_width_equal_the_printed_ones(depth):
    row = REFERENCE["depth"]
    rate, counts = float(row["learning_rate"]), row["steps"]
    found = simulate(1, mode_by_mode(row["modes"]), INF, counts, learning_rate=rate, depth=depth).test_loss[0]
    np.testing.assert_allclose(found, floats(row["simulated"][depth - 1]), rtol=0, atol=6e-6)
    finer = simulate(1, mode_by_mode(row["modes"]), INF, 2 * np.array(counts), learning_rate=rate / 2, depth=depth)
    flow = floats(row["flow"][depth - 1])
    np.testing.assert_allclose(finer.test_loss[0], flow, rtol=1e-3)
    # first order in the step, up to half a unit of the last digit printed
    assert (np.abs(finer.test_loss[0] - flow) < 0.55 * np.abs(found - flow) + 1e-5).all()


@cache
def conserved_flow(depth, richness, width, time):
    """Test loss of the flow of the first key's projected network, by theory 1g and 2.5 with its own integrator."""
    spectrum = mode_by_mode(30)
    drawn = projection(keys(1)[0], width, 30)
    rate, turn = np.linalg.eigh(drawn * spectrum.eigenvalue @ drawn.T / width)
    target = turn.T @ drawn @ np.sqrt(spectrum.eigenvalue * spectrum.task_power) / np.sqrt(width) / rate

    def velocity(_, b):
        square = b @ b
        r = brentq(lambda r: r * (1 + richness * r) ** depth - square, 0, square, xtol=1e-18, rtol=1e-14)
        q, force = 1 + richness * r, rate * (target - b)
        return q**depth * force + depth * richness * r * q ** (depth - 1) / square * b * (b @ force)

    b = solve_ivp(velocity, (0, time), 1e-9 * rate * target, rtol=1e-9, atol=1e-12).y[:, -1]
    return spectrum.initial_loss - rate @ target**2 + rate @ (target - b) ** 2


@pytest.mark.parametrize("depth", [1, 3])
def test_small_steps_of_the_projected_network_are_the_conserved_flow(depth):
    """The conservation law that the smallest space of the flow rests on holds for deep projected networks too."""
    flow, runs = conserved_flow(depth, 1.0, 6, 4.0), {}
    for steps in (200, 400):
        runs[steps] = simulate(1, mode_by_mode(30), 6, [steps], learning_rate=4 / steps, depth=depth).test_loss[0, 0]
    assert (runs[200] - flow) / (runs[400] - flow) == pytest.approx(2, abs=0.1)
    assert 2 * runs[400] - runs[200] == pytest.approx(flow, rel=1e-4)


def test_a_pure_network_has_no_width_floor():
    spectrum = mode_by_mode(100)
    pure = simulate(4, spectrum, 8, [5000], pure=True).test_loss
    floors = []
    for key in keys(4):
        modes = projection(key, 8, 100) * np.sqrt(spectrum.eigenvalue)
        explained = np.linalg.pinv(modes) @ (modes @ np.sqrt(spectrum.task_power))
        floors.append(np.sum((np.sqrt(spectrum.task_power) - explained) ** 2))
    projected = simulate(4, spectrum, 8, [5000]).test_loss[:, 0]
    assert np.all(pure < 1e-4)
    np.testing.assert_allclose(projected, floors, rtol=1e-3)


@pytest.mark.parametrize("settings", [{"batch": 8}, {"samples": 12, "batch": 4}], ids=["fresh", "epochs"])
def test_a_run_depends_on_its_key_alone_and_not_on_the_steps_asked_for(settings):
    many = simulate(200, mode_by_mode(30), 10, LITERAL_STEPS, **settings).test_loss
    few = simulate(2, mode_by_mode(30), 10, [0, 17, 30], **settings).test_loss
    np.testing.assert_allclose(few[:, [0, 2]], many[:2, [0, 4]], rtol=1e-12)
    assert len(np.unique(many[:, -1])) == 200


@pytest.mark.parametrize("settings", [{"batch": 8}, {"samples": 12, "batch": 4, "pure": True}], ids=["fresh", "epochs"])
def test_runs_that_go_on_together_draw_the_same(settings, monkeypatch):
    alone = simulate(4, mode_by_mode(30), 10, [0, 17, 30], **settings).test_loss
    monkeypatch.setattr(network, "_together", lambda *_: 2)  # as on an accelerator
    together = simulate(4, mode_by_mode(30), 10, [0, 17, 30], **settings).test_loss
    np.testing.assert_allclose(together, alone, rtol=1e-11)


def test_a_batch_of_the_whole_training_set_is_full_batch():
    whole, full = (simulate(2, mode_by_mode(30), 10, [5], samples=12, batch=batch) for batch in (12, None))
    np.testing.assert_array_equal(whole.test_loss, full.test_loss)


@pytest.mark.parametrize("settings", [{}, {"batch": 4}, {"samples": 10}], ids=["population", "fresh", "training set"])
def test_what_has_diverged_stays_so(settings):
    # the largest eigenvalue of a projection is about 1.3: steps above 2/1.3 diverge
    found = simulate(3, mode_by_mode(30), 10, range(0, 60, 2), learning_rate=3.0, **settings)
    seen = found.train_loss if "samples" in settings else found.test_loss
    first = np.argmax(np.isnan(found.test_loss), axis=1)
    assert np.all(first > 0) and np.all(seen[:, 0] < 3)
    for run, start in enumerate(first):
        assert np.isnan(found.test_loss[run, start:]).all() and np.isnan(found.train_loss[run, start:]).all()
        assert np.all(seen[run, :start] <= 1e3 * seen[run, 0])


def test_no_noise_of_the_labels_is_taken_for_divergence():
    """Of a target of power 3e-8 under noise of power 1, a batch teaches noise, which lies far above the start."""
    faint = mode_by_mode(30)._replace(task_power=np.full(30, 1e-9))
    counts = range(0, 60, 2)
    found = simulate(3, faint, 10, counts, label_noise=1.0, batch=4, learning_rate=0.1).test_loss
    assert np.all(found[:, -1] > 1e3 * found[:, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 2.5}, "width is a positive integer"),
        ({"samples": 0}, "samples is a positive integer"),
        ({"batch": 0}, "batch is a positive integer"),
        ({"samples": 4, "batch": 5}, "4 samples have no 5 distinct"),
        ({"label_noise": -1.0}, "label_noise is at least 0"),
        ({"counts": [3, 3]}, "counts are whole"),
        ({"counts": [0.5]}, "counts are whole"),
        ({"counts": [-1, 2]}, "counts are whole"),
        ({"spectrum": power_law(1.5, 0.5, 1000)}, "one mode a group"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        simulate(1, **({"spectrum": mode_by_mode(5), "width": 2, "counts": [1]} | change))
