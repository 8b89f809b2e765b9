"""Theory of a point: which solver answers it, at which times, up to which limit, and what is marked as no loss."""

import numpy as np
import pytest
from scalefront.late_losses import late_losses
from scalefront.models.feature_learning.theory import solve as adapter
from scalefront.models.feature_learning.theory.march import march
from scalefront.spectra import power_law

from tests.unit.models.feature_learning.settings import DESCENT, INF, SGD, UNSTABLE, point, settings_of

EXACT = power_law(1.5, 0.5, 40, exact=40)
ENDLESS = {"width": INF, "samples": INF}
SOLVERS = ("march", "recursion", "flow_curves", "infinite_width")
LATE = 1e5


def solved(time, **changes):
    (curve,) = adapter.solve(settings_of(time, point(**changes)), {})
    return curve


@pytest.mark.parametrize(
    ("changes", "solver"),
    [
        (DESCENT, "march"),
        (SGD | ENDLESS, "march"),
        (SGD | {"samples": 24.0, "richness": 0.0}, "march"),
        (DESCENT | {"width": INF, "samples": 24.0, "richness": 0.0}, "march"),
        (SGD | ENDLESS | {"richness": 0.0}, "recursion"),
        (DESCENT | ENDLESS | {"richness": 0.0}, "recursion"),
        ({}, "flow_curves"),
        ({"width": INF, "samples": 24.0}, "flow_curves"),
        (SGD | ENDLESS | {"optimizer": "sgd_flow"}, "flow_curves"),
        (ENDLESS, "infinite_width"),
        (ENDLESS | {"depth": 3.0}, "infinite_width"),
    ],
)
def test_the_solver_of_a_point(monkeypatch, changes, solver):
    called = []
    for name in SOLVERS:
        original = getattr(adapter, name)
        monkeypatch.setattr(
            adapter, name, lambda *a, _name=name, _of=original, **k: called.append(_name) or _of(*a, **k)
        )
    solved([0.2, 1.0], **changes)
    assert called == [solver]


@pytest.mark.parametrize(
    "changes",
    [
        SGD,
        SGD | {"architecture": "pure"},
        SGD | {"samples": 24.0, "label_noise": 0.5},
        SGD | ENDLESS | {"richness": 0.0, "label_noise": 0.5},
    ],
)
def test_runs_that_take_steps_have_the_losses_of_the_march_at_their_steps(changes):
    told = point(**changes)
    curve = solved([0.04, 0.25, 0.29, 1.0, 5.2], **changes)
    assert curve.steps.tolist() == [0, 1, 5, 26]  # the nearest of 0.2, 1.25, 1.45, 5 and 26, each once
    np.testing.assert_allclose(curve.time, curve.steps * 0.2)
    assert curve.seed is None and curve.parameters == told and curve.point == "a" * 12
    network = {word: told[word] for word in ("width", "samples", "batch", "richness", "label_noise")}
    exact = march(EXACT, 26, 0.2, pure=told["architecture"] == "pure", **network)
    np.testing.assert_allclose(curve.test_loss, exact.test_loss[[0, 1, 5, 26]], rtol=1e-12)
    np.testing.assert_allclose(curve.train_loss, exact.train_loss[[0, 1, 5, 26]], rtol=1e-12)
    assert (curve.status == "ok").all()


def test_a_flow_has_the_times_that_are_asked_for_and_no_steps():
    time = [0.1, 3.0, 50.0, INF]
    for changes in ({}, ENDLESS):
        curve = solved(time, **changes)
        assert curve.time.tolist() == time and curve.steps is None
        assert np.isfinite(curve.test_loss).all() and np.isnan(curve.train_loss).all()


@pytest.mark.parametrize("richness", [0.0, 1.0])
def test_the_flow_of_infinite_width_is_the_limit_of_wide_ones(richness):
    time = [30.0, 300.0, 3000.0]
    endless, wide = (solved(time, width=width, richness=richness, modes=1e9).test_loss for width in (INF, 1e8))
    np.testing.assert_allclose(wide, endless, rtol=5e-4)  # 1e-4 of the log grid, and that of its groups of modes


@pytest.mark.parametrize("richness", [0.0, 1.0])
@pytest.mark.parametrize("sizes", [(16, INF, 0.0), (16, 24, 0.5), (16, 10, 0.5), (INF, 24, 0.5), (16, 10, 0.0)])
def test_the_limit_is_that_of_late_losses_and_of_late_times(sizes, richness):
    width, samples, label_noise = sizes
    curve = solved([1.0, LATE, INF], width=width, samples=samples, label_noise=label_noise, richness=richness)
    expected = late_losses(EXACT, [width], [samples], [label_noise])
    np.testing.assert_allclose(curve.test_loss[-1], expected.test_loss[0], rtol=1e-12)
    np.testing.assert_allclose(curve.test_loss[-2], curve.test_loss[-1], rtol=1e-3)
    assert (curve.status == "ok").all()
    if np.isfinite(samples):
        np.testing.assert_allclose(curve.train_loss[-1], expected.train_loss[0], rtol=1e-12)
        assert abs(curve.train_loss[-2] - curve.train_loss[-1]) < 1e-4 * curve.train_loss[0]


def test_gradient_descent_ends_where_its_flow_does():
    steps, flow = solved([1.0, INF], **DESCENT), solved([1.0, INF])
    assert steps.steps.tolist() == [5, INF] and steps.time[-1] == INF
    assert steps.test_loss[-1] == flow.test_loss[-1] and steps.status[-1] == "ok"


@pytest.mark.parametrize("optimizer", ["sgd", "sgd_flow"])
def test_fresh_batches_have_no_limit(optimizer):
    curve = solved([1.0, 5.0, INF], **SGD | {"optimizer": optimizer})
    assert np.isfinite(curve.time).all() and len(curve.time) == 2
    assert np.isfinite(solved([1.0, INF], **SGD | {"samples": 24.0}).time).all()


def test_batches_of_all_samples_have_the_limit_of_gradient_descent():
    whole = solved([1.0, 5.0, INF], **SGD | {"samples": 24.0, "batch": 24.0})
    descent = solved([1.0, 5.0, INF], **DESCENT | {"samples": 24.0})
    np.testing.assert_array_equal(whole.time, descent.time)
    np.testing.assert_allclose(whole.test_loss, descent.test_loss, rtol=1e-12)
    np.testing.assert_allclose(whole.train_loss, descent.train_loss, rtol=1e-12)


def test_a_pure_network_has_no_floor_of_its_width():
    pure, projected = (solved([1.0, INF], architecture=name).test_loss[-1] for name in ("pure", "projected"))
    assert pure < 1e-12 and projected > 0.1
    lazy = solved([1.0, INF], architecture="pure", richness=0.0).test_loss[-1]
    assert lazy == projected


def test_a_pure_network_on_a_training_set_has_no_known_limit():
    curve = solved([1.0, INF], architecture="pure", samples=24.0)
    assert (
        curve.status.tolist() == ["ok", "unconverged"] and np.isnan([curve.test_loss[-1], curve.train_loss[-1]]).all()
    )
    endless = {"width": INF, "samples": 24.0}
    pure, projected = (solved([1.0, INF], architecture=name, **endless) for name in ("pure", "projected"))
    assert pure.status[-1] == "ok" and pure.test_loss[-1] == projected.test_loss[-1]


def test_a_run_that_diverges_has_no_loss_from_then_on_nor_a_limit():
    curve = solved([3.0, 6.0, 9.0, 600.0, 1500.0, INF], **UNSTABLE)
    diverged = curve.status == "diverged"
    assert curve.status[0] == "ok" and diverged[-3:].all() and not np.any(diverged[:-1] & ~diverged[1:])
    assert np.isnan(curve.test_loss[diverged]).all() and np.isfinite(curve.test_loss[~diverged]).all()


def test_the_loss_at_equal_width_and_samples_diverges_late():
    curve = solved([1.0, INF], width=16.0, samples=16.0)
    assert curve.status.tolist() == ["ok", "diverged"] and np.isnan(curve.test_loss[-1])


def test_what_a_solver_did_not_reach_is_unconverged_and_the_limit_stands(monkeypatch):
    original = adapter.flow_curves

    def stuck(spectrum, time, **sizes):
        found = original(spectrum, time, **sizes)
        lost = np.where(time > 10, np.nan, found.test_loss)
        return found._replace(test_loss=lost, converged=time <= 10)

    monkeypatch.setattr(adapter, "flow_curves", stuck)
    curve = solved([1.0, 10.0, 100.0, INF])
    assert curve.status.tolist() == ["ok", "ok", "unconverged", "ok"]
    assert np.isnan(curve.test_loss).tolist() == [False, False, True, False]


def test_a_flow_of_infinite_width_that_is_not_solved_is_unconverged(monkeypatch):
    monkeypatch.setattr(adapter, "infinite_width", lambda _spectrum, time, *_: np.where(time > 10, np.nan, 1.0))
    assert solved([1.0, 100.0], **ENDLESS).status.tolist() == ["ok", "unconverged"]


def test_few_modes_stand_alone_and_many_are_grouped():
    assert len(adapter.few_groups(point(modes=128.0)).eigenvalue) == 128
    assert len(adapter.few_groups(point(modes=1e8)).eigenvalue) < 80
