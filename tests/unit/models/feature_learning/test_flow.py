"""The closed flow of modes: printed values, an independent solver, limits and independence of what it stands beside."""

import numpy as np
import pytest
from scalefront.models.feature_learning.flow import flow
from scalefront.spectra import power_law
from scipy.integrate import solve_ivp

from tests.oracles.printed import assert_printed, load

REFERENCE = load("feature_learning_flow")
INF = np.inf


def modes(count, capacity=1.5, source=0.5):
    """Rates and targets (count,) of a power law."""
    spectrum = power_law(capacity, source, count, exact=count)
    return spectrum.eigenvalue, np.sqrt(spectrum.task_power / spectrum.eigenvalue)


def loss(rate, learning):
    return (rate * learning.remaining**2).sum(-1)


def literal_flow(rate, target, time, richness, depth):
    """b (T, K) of theory/feature_learning.md 2.5 as it is written, by an explicit solver of high order."""

    def readout(b):
        """r of |b|^2 = r (1 + richness r)^depth by bisection."""
        low, high = 0.0, b @ b
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if middle * (1 + richness * middle) ** depth < b @ b else (low, middle)
        return (low + high) / 2

    def velocity(_, b):
        force = rate * (target - b)
        r = readout(b)
        q = 1 + richness * r
        boost = depth * richness * r * q ** (depth - 1) * (b @ force) / (b @ b) if b @ b > 0 else 0.0
        return q**depth * force + boost * b

    solved = solve_ivp(velocity, (0, time[-1]), np.zeros_like(rate), "DOP853", time, rtol=1e-11, atol=1e-13)
    return solved.y.T


@pytest.mark.parametrize(
    "row", REFERENCE["ode"], ids=lambda row: f"source-{row['source_exponent']}-depth-{row['depth']}"
)
def test_loss_and_speed_equal_the_printed_ones(row):
    rate, target = modes(1000, float(row["capacity"]), float(row["source_exponent"]))
    learning = flow(rate, target, 1.0, [1, 10, 100, 1000], float(row["richness"]), row["depth"])
    assert learning.converged.all()
    losses = loss(rate, learning)
    assert_printed(losses[: len(row["test_loss"])], row["test_loss"], "test_loss")
    assert_printed(learning.speed, row["speed"], "speed")


@pytest.mark.parametrize(("richness", "depth"), [(1.0, 1), (10.0, 3)])
def test_flow_equals_the_equation_as_it_is_written(richness, depth):
    # theory/feature_learning.md 2.5
    rate, target = modes(20)
    time = np.array([0.01, 0.3, 2.0, 10.0])
    learning = flow(rate, target, 1.0, time, richness, depth)
    expected = literal_flow(rate, target, time, richness, depth)
    np.testing.assert_allclose(loss(rate, learning), (target - expected) ** 2 @ rate, rtol=1e-6)
    np.testing.assert_allclose(target - learning.remaining, expected, rtol=1e-5)
    readout = (learning.speed ** (1 / depth) - 1) * learning.speed / richness
    np.testing.assert_allclose(readout, (expected**2).sum(axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("richness", "depth"), [(1.0, 1), (100.0, 4)])
def test_the_default_tolerance_holds(richness, depth):
    rate, target = modes(64)
    time = np.logspace(-2, 3, 11)
    default, finer = (flow(rate, target, 1.0, time, richness, depth, tolerance=allowed) for allowed in (1e-6, 2e-8))
    assert default.converged.all() and finer.converged.all()
    large = loss(rate, finer) > 1e-12 * loss(rate, finer)[0]
    np.testing.assert_allclose(loss(rate, default)[large], loss(rate, finer)[large], rtol=1e-6)


def test_lazy_flow_is_exponential_and_the_limit_of_little_richness():
    rate, target = modes(30)
    time = np.array([0.0, 0.5, 20.0, 300.0])
    lazy = flow(rate, target, 1.0, time, 0.0, 1)
    np.testing.assert_allclose(lazy.remaining, target * np.exp(-np.outer(time, rate)), rtol=1e-14)
    np.testing.assert_allclose(flow(rate, target, 1.0, time, 1e-12, 2).remaining, lazy.remaining, rtol=1e-9, atol=1e-11)


def test_start_limit_and_directions_without_force():
    rate, target = np.array([2.0, 0.5, 0.0]), np.array([1.0, -3.0, 2.0])
    learning = flow(rate, target, 1.0, [INF, 0.0, 1e4], 0.7, 2)
    np.testing.assert_array_equal(learning.remaining[0], [0, 0, 2])
    np.testing.assert_array_equal(learning.remaining[1], target)
    np.testing.assert_allclose(learning.remaining[2], [0, 0, 2], atol=1e-12)
    # |b|^2 = r q^L with q = 1 + gamma r: at the limit |b|^2 = 1 + 9
    q = np.sqrt(learning.speed[0])
    assert (q - 1) * q**2 == pytest.approx(0.7 * 10, rel=1e-12)
    np.testing.assert_allclose(learning.speed[1:], [1, learning.speed[0]], rtol=1e-9)


def test_a_group_is_its_modes_one_by_one():
    rate, target = modes(5)
    time = [0.1, 1.0, 30.0]
    alone = flow(np.repeat(rate, 3), np.repeat(target, 3), 1.0, time, 2.0, 2)
    grouped = flow(rate, target, np.full(5, 3.0), time, 2.0, 2)
    np.testing.assert_allclose(np.repeat(grouped.remaining, 3, axis=1), alone.remaining, rtol=1e-10)


def test_problems_of_a_batch_do_not_see_each_other():
    rate = np.stack([modes(8)[0], 1e3 * modes(8)[0], 1e-4 * modes(8)[0]])
    target = np.stack([modes(8)[1]] * 3)
    time = [1e-3, 1.0, 100.0, INF]
    together = flow(rate, target, 1.0, time, 5.0, 1)
    for row in range(3):
        alone = flow(rate[row], target[row], 1.0, time, 5.0, 1)
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(all_of_them[row], one, rtol=1e-10)


def test_times_out_of_order_are_answered_in_their_order():
    rate, target = modes(8)
    time = np.array([3.0, 0.2, 50.0])
    forward, mixed = flow(rate, target, 1.0, np.sort(time), 1.0, 1), flow(rate, target, 1.0, time, 1.0, 1)
    np.testing.assert_allclose(mixed.remaining, forward.remaining[[1, 0, 2]], rtol=1e-12)


def test_what_is_not_known_to_the_tolerance_is_not_called_converged():
    rate, target = modes(4)
    assert not flow(rate, target, 1.0, [0.5], 1.0, 1, tolerance=0.0).converged.any()


@pytest.mark.parametrize(
    "wrong", [{"time": [-1.0]}, {"time": [np.nan]}, {"richness": -1.0}, {"depth": 0}, {"rate": [-1.0, 1.0]}]
)
def test_impossible_flows_are_refused(wrong):
    asked = {"rate": [1.0, 2.0], "target": [1.0, 1.0], "weight": 1.0, "time": [1.0], "richness": 1.0, "depth": 1}
    with pytest.raises(ValueError, match="at least"):
        flow(**asked | wrong)
