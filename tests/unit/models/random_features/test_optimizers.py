"""Full-batch optimizers: printed curves, contour against contour, the time domain, and the limits they share."""

import numpy as np
import pytest
from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.early_steps import FARTHEST, early_rows
from scalefront.models.random_features.theory.edge import largest_learning_rate, largest_rate
from scalefront.models.random_features.theory.late_times import late_rows, shares
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.models.random_features.theory.one_pass import one_pass_curves
from scalefront.models.random_features.theory.transforms import earliest, reached
from scalefront.numerics import jax
from scalefront.randomness import seed_keys
from scalefront.spectra import power_law

from tests.oracles import time_domain
from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1000, exact=1000)
SMALL = power_law(1.25, 0.4, 60)
INF = np.inf
SIZES = pytest.mark.parametrize(("width", "samples"), [(20, 30), (30, 20), (25, 25), (INF, 20), (20, INF)])
METHODS = {
    "gradient_descent": Method("gradient_descent", 0.5),
    "overshooting": Method("gradient_descent", 1.2),
    "momentum": Method("momentum", 0.3, 0.9),
    "momentum_flow": Method("momentum_flow", inertia=5.0),
}
PRINTED = [
    (row, Method("gradient_descent", float(row["learning_rate"])), row["steps"])
    for row in REFERENCE["gradient_descent"]
]
PRINTED += [
    (row, Method("momentum", float(row["learning_rate"]), float(row["momentum"])), row["steps"])
    for row in REFERENCE["momentum"]
]
FLOW = REFERENCE["momentum_flow"]
PRINTED += [(FLOW, Method("momentum_flow", inertia=float(FLOW["inertia"])), floats(FLOW["time"]))]
PRINTED = pytest.mark.parametrize(("row", "method", "counts"), PRINTED, ids=["descent", "momentum", "momentum_flow"])


def sizes(row):
    return [float(row[word]) for word in ("width", "samples", "label_noise")]


def curves(width, samples, counts, method, label_noise=0.5, spectrum=SMALL):
    """Test and train loss (2, T) of one student."""
    found = loss_curves(spectrum, [width], [samples], [label_noise], counts, method)
    assert found.converged.all()
    return np.array([found.test_loss[0], found.train_loss[0]])


@PRINTED
def test_printed_theory(row, method, counts):
    found = loss_curves(SPECTRUM, *([size] for size in sizes(row)), counts, method)
    assert found.converged.all()
    assert_printed(found.test_loss[0], row["test_theory"], "test_loss")
    if "train_theory" in row:
        assert_printed(found.train_loss[0], row["train_theory"], "train_loss")


@PRINTED
def test_simulation_equals_the_printed_simulation(row, method, counts):
    # oscillating heavy ball is smeared by 1 to 3 % against theory at 5 to 10 steps, in both simulations (theory 8)
    keys = seed_keys(jax.random.key(1), range(120))
    found = full_batch(keys, SPECTRUM, *sizes(row), counts, method)
    for name in ("test", "train") if "train_theory" in row else ("test",):
        losses = getattr(found, f"{name}_loss")
        expected, known = (np.array(floats(row[f"{name}_{word}"])) for word in ("simulation", "error"))
        error = np.hypot(losses.std(axis=0, ddof=1) / np.sqrt(len(losses)), known)
        assert np.all(np.abs(losses.mean(axis=0) - expected) < 4 * error), name


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("width", "samples"), [(100, 200), (INF, 60), (60, INF)])
def test_the_ellipse_equals_talbots_contour_where_both_apply(name, width, samples):
    method, slowest = METHODS[name], largest_rate(SPECTRUM, width, samples)
    first, last = max(earliest(method, slowest), 0.5), FARTHEST / slowest / float(reached(method, 1.0))
    counts = np.geomspace(first, last, 8)
    counts = np.unique(np.floor(counts[1:])) if method.stepped else counts
    alone = np.ones(len(counts))
    early = early_rows(SPECTRUM, width, samples, 0.5, shares([1.0], [1.0]), counts, method, slowest)
    neck = bottleneck(SPECTRUM, width * alone, samples * alone)
    late = late_rows(SPECTRUM, neck, 0.5 * alone, shares(alone, alone), counts, method)
    assert len(counts) >= 7 and early.converged.all() and late.converged.all()
    np.testing.assert_allclose(early.test_loss, late.test_loss, rtol=1e-9)
    np.testing.assert_allclose(early.train_loss, late.train_loss, rtol=1e-9, atol=1e-11)


@SIZES
def test_gradient_descent_equals_the_time_domain_equations(width, samples):
    expected = time_domain.gradient_descent(SMALL, width, samples, 0.5, 0.4, 35)
    found = curves(width, samples, np.arange(36.0), Method("gradient_descent", 0.4))
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def orders(coarse, fine, limit):
    """By how much the distance from the limit falls from one approximation to the next."""
    return np.abs(coarse - limit) / np.abs(fine - limit)


@SIZES
def test_small_steps_of_gradient_descent_are_the_flow(width, samples):
    # the first order of a step: half the step, half the distance, up to the next order, 3 % at these steps
    time = np.array([0.5, 4.0])
    flow = curves(width, samples, time, Method())
    coarse, fine = (curves(width, samples, time / step, Method("gradient_descent", step)) for step in (1 / 64, 1 / 128))
    np.testing.assert_allclose(orders(coarse, fine, flow), 2, rtol=0.03)


@SIZES
def test_little_inertia_is_the_flow(width, samples):
    time = np.array([0.5, 4.0])
    flow = curves(width, samples, time, Method())
    heavy, light = (curves(width, samples, time, Method("momentum_flow", inertia=inertia)) for inertia in (2e-4, 1e-4))
    np.testing.assert_allclose(orders(heavy, light, flow), 2, rtol=0.03)


@SIZES
def test_momentum_of_zero_is_gradient_descent(width, samples):
    steps = np.array([0, 1, 7, 100, 10000, INF])[: -1 if width == samples else None]
    plain, heavy = (
        curves(width, samples, steps, method)
        for method in (Method("gradient_descent", 0.4), Method("momentum", 0.4, 0.0))
    )
    np.testing.assert_allclose(heavy, plain, rtol=1e-10, atol=1e-12)


def test_small_steps_of_heavy_ball_are_the_momentum_flow():
    # with h = learning_rate/(1 - momentum) a step, inertia = h momentum/(1 - momentum) (expand x_{n+1} - x_n in h)
    inertia, time = 1.5, np.array([0.5, 4.0])
    flow = curves(20, 30, time, Method("momentum_flow", inertia=inertia))
    found = []
    for step in (1 / 64, 1 / 128):
        momentum = inertia / (inertia + step)
        found.append(curves(20, 30, time / step, Method("momentum", step * (1 - momentum), momentum)))
    np.testing.assert_allclose(orders(*found, flow), 2, rtol=0.03)


@pytest.mark.parametrize("width", [20, 60, INF])
def test_sgd_of_huge_batches_is_gradient_descent(width):
    steps = np.array([0, 1, 10, 17, 300])
    descent = curves(width, INF, steps, Method("gradient_descent", 0.4))
    stochastic = one_pass_curves(SMALL, [width], [0.5], [0.4], [1e13], steps)
    np.testing.assert_allclose([stochastic.test_loss[0], stochastic.train_loss[0]], descent, rtol=1e-10)


@pytest.mark.parametrize("width", [20, INF])
def test_small_steps_of_sgd_are_the_flow(width):
    time = np.array([0.5, 4.0])
    flow = curves(width, INF, time, Method())[0]
    coarse, fine = (
        one_pass_curves(SMALL, [width], [0.5], [step], [4], time / step).test_loss[0] for step in (2**-9, 2**-10)
    )
    np.testing.assert_allclose(orders(coarse, fine, flow), 2, rtol=0.03)


def test_infinite_width_and_samples_are_sums_over_modes():
    # heavy ball by its recursion, mode by mode
    task, before, now = SMALL.task_power, np.ones(60), np.ones(60)
    losses = [task.sum()]
    for _ in range(50):
        before, now = now, (1.9 - 0.3 * SMALL.eigenvalue) * now - 0.9 * before
        losses.append(task @ now**2)
    found = curves(INF, INF, np.arange(51.0), Method("momentum", 0.3, 0.9))
    np.testing.assert_allclose(found, [losses, np.array(losses) + 0.25], rtol=1e-10)


@pytest.mark.parametrize("method", [Method("momentum", 0.3, 0.99), Method("momentum_flow", inertia=1e3)])
def test_oscillations_beyond_the_reach_of_the_ellipse_are_unconverged_until_they_end(method):
    # the ellipse ends at learning_rate/(1 - momentum) n = 2e4/u_max, Talbot's contour starts at e^-37 = momentum^(n/2)
    slowest = largest_rate(SMALL, 20, 30)
    reach, end = FARTHEST / slowest / float(reached(method, 1.0)), earliest(method, slowest)
    assert reach < end
    counts = np.floor([0.9 * reach, 1.1 * reach, 0.9 * end, 1.1 * end])
    found = loss_curves(SMALL, [20], [30], [0.5], counts, method)
    np.testing.assert_array_equal(found.converged[0], [True, False, False, True])


@pytest.mark.parametrize("momentum", [None, 0.5])
@pytest.mark.parametrize(("width", "samples"), [(20, 30), (INF, 20), (20, INF), (INF, INF)])
def test_past_the_stability_limit_losses_are_infinite_once_they_have_grown(momentum, width, samples):
    limit = largest_learning_rate(SMALL, width, samples, momentum or 0.0)
    name = "gradient_descent" if momentum is None else "momentum"
    found = []
    for part in (0.99, 1.1):
        method = Method(name, part * limit, np.nan if momentum is None else momentum)
        found.append(loss_curves(SMALL, [width], [samples], [0.5], [0, 1, 100, 1e6, INF], method).test_loss[0])
    stable, unstable = found
    assert np.all(stable[2:] < SMALL.initial_loss)
    assert stable[0] == unstable[0] == SMALL.initial_loss
    assert momentum or unstable[1] < SMALL.initial_loss  # heavy ball has overshot after one step
    assert np.all(np.isinf(unstable[2:]))  # 1.2^200 and more
