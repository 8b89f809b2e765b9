"""Simulated curves of a shard: seeds, times, statuses, and the same rows whatever shares the shard."""

import numpy as np
import pytest
from scalefront.models.feature_learning import simulate as adapter
from scalefront.models.feature_learning.flow_simulation import SimulatedFlow

from tests.unit.models.feature_learning.settings import DESCENT, INF, SGD, UNSTABLE, point, settings_of

TIME = [0.2, 1.0, 4.0, INF]
POINTS = (
    point(**SGD),
    point(**SGD | {"samples": 24.0, "label_noise": 0.5}),
    point(samples=24.0, label_noise=0.5),
    point(),
    point(**DESCENT | {"architecture": "pure", "samples": 24.0}),
    point(**SGD | {"width": INF, "depth": 2.0}),
)


def simulated(*points, time=TIME, **changes):
    return list(adapter.simulate(settings_of(time, *points, **changes), {}))


@pytest.fixture(scope="module")
def together():
    return simulated(*POINTS)


def assert_same(one, other):
    assert one.point == other.point and one.seed == other.seed and one.parameters == other.parameters
    for name in ("time", "test_loss", "train_loss", "status"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_every_point_has_a_curve_a_seed_in_order(together):
    assert [curve.point for curve in together] == [name * 12 for name in "abcdef" for _ in range(2)]
    assert [curve.seed for curve in together] == 6 * [0, 1]
    assert all((curve.status == "ok").all() and np.isfinite(curve.test_loss).all() for curve in together)
    for first, second in zip(together[::2], together[1::2], strict=True):
        assert np.all(first.test_loss[1:] != second.test_loss[1:])


def test_runs_that_take_steps_have_whole_ones_and_no_limit(together):
    for curve in together:
        if curve.parameters["optimizer"] == "gradient_flow":
            assert curve.steps is None and curve.time.tolist() == TIME
        else:
            assert curve.steps.tolist() == [1, 5, 20]
            np.testing.assert_allclose(curve.time, 0.2 * curve.steps)


def test_a_training_set_has_a_train_loss_and_fresh_samples_have_none(together):
    for curve in together:
        assert np.isfinite(curve.train_loss).all() == np.isfinite(curve.parameters["samples"])
        assert np.isnan(curve.train_loss).all() == np.isinf(curve.parameters["samples"])


def test_a_curve_does_not_depend_on_what_shares_its_shard(together):
    for number, name in ((0, "a"), (2, "c"), (4, "e")):
        settings = settings_of(TIME, *POINTS)
        settings["points"] = [entry for entry in settings["points"] if entry[0] == name * 12]
        for alone, shared in zip(adapter.simulate(settings, {}), together[2 * number : 2 * number + 2], strict=True):
            assert_same(alone, shared)


def test_more_seeds_leave_the_first_ones_as_they_are(together):
    more = simulated(*POINTS[:2], seeds=3)
    for number in range(2):
        for seed in range(2):
            assert_same(more[3 * number + seed], together[2 * number + seed])


def test_other_times_leave_the_losses_at_the_same_ones(together):
    (one, _) = simulated(POINTS[0], time=[0.2, 0.6, 1.0])
    np.testing.assert_array_equal(one.test_loss[[0, 2]], together[0].test_loss[:2])


def test_another_seed_of_the_study_and_another_point_are_other_draws(together):
    (other, _) = simulated(POINTS[0], seed=1)
    assert np.all(other.test_loss != together[0].test_loss)
    (_, _, twin, _) = simulated(POINTS[0], POINTS[0])
    assert np.all(twin.test_loss != together[0].test_loss)


def test_without_anything_random_all_seeds_are_one():
    for changes in ({}, DESCENT):
        first, second = simulated(point(width=INF, **changes))
        np.testing.assert_array_equal(first.test_loss, second.test_loss)
        assert (first.status == "ok").all() and np.isfinite(first.test_loss).all()


def test_a_run_has_no_loss_from_its_divergence_on():
    for curve in simulated(point(**UNSTABLE), point(**UNSTABLE | {"samples": 24.0}), time=[3.0, 6.0, 300.0, 600.0]):
        assert curve.status[0] == "ok" and curve.status[-2:].tolist() == 2 * ["diverged"]
        lost = curve.status == "diverged"
        assert np.isnan(curve.test_loss[lost]).all() and np.isnan(curve.train_loss[lost]).all()
        assert np.isfinite(curve.test_loss[~lost]).all()


def test_a_time_that_a_flow_did_not_reach_is_unconverged(monkeypatch):
    def stuck(keys, *_, time, **__):
        test = np.tile(np.where(time > 1, np.nan, 0.5), (len(keys), 1))
        return SimulatedFlow(test, test)

    monkeypatch.setattr(adapter, "simulate_flow", stuck)
    for curve in simulated(point(samples=24.0), time=[1.0, 2.0]):
        assert curve.status.tolist() == ["ok", "unconverged"] and curve.test_loss[0] == 0.5
        assert np.isnan(curve.test_loss[1]) and np.isnan(curve.train_loss[1])
