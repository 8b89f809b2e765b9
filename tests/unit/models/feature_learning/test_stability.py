"""The estimated limit of step sizes: exact where lazy, and between runs that go well and runs that do not."""

import numpy as np
import pytest
from scalefront import models
from scalefront.catalogue import check_files
from scalefront.errors import StudyError
from scalefront.models.feature_learning import stability
from scalefront.models.feature_learning.flow import flow
from scalefront.models.random_features.theory.edge import batch_size, largest_learning_rate
from scalefront.spectra import power_law, white

from tests.unit.study.conftest import Workbench

INF = np.inf
POINT = {
    "capacity": 1.5,
    "source": 0.5,
    "modes": 400.0,
    "width": INF,
    "samples": INF,
    "richness": 1.0,
    "architecture": "projected",
    "depth": 1.0,
    "label_noise": 0.0,
    "optimizer": "gradient_descent",
    "learning_rate": 0.1,
    "batch": None,
}


def limit(spectrum, point, stop):
    return stability.largest_lazy_rate(spectrum, point) / stability.gain(spectrum, point, stop)


@pytest.mark.parametrize(("learning_rate", "allowed"), [(0.1, True), (0.2, True), (0.25, False), (0.3, False)])
def test_the_example_of_the_notes(learning_rate, allowed):
    # theory/feature_learning.md 1, "Discreteness": 3000 steps at 0.2 are fine, at 0.25 degraded, at 0.3 stalled
    point = POINT | {"learning_rate": learning_rate}
    refused = list(stability.check(point, "simulation", 3000 * learning_rate))
    assert (not refused) == allowed
    for word, said in refused:
        assert word == "learning_rate" and said.startswith("below 0.1") and "estimated" in said


CASES = [(INF, INF, None), (64, INF, None), (64, INF, 8), (INF, INF, 1), (INF, 100, 4), (64, 100, 4), (8, INF, 1)]


@pytest.mark.parametrize(("width", "samples", "batch"), CASES)
@pytest.mark.parametrize("spectrum", [power_law(1.25, 0.4, 400), white(200)], ids=["power", "white"])
def test_the_limit_of_a_lazy_network_is_that_of_random_features(spectrum, width, samples, batch):
    point = POINT | {"richness": 0.0, "width": width, "samples": samples, "batch": batch}
    noisy = INF if batch is None else batch_size(batch, samples)
    expected = largest_learning_rate(spectrum, width, samples, 0.0, noisy)
    assert limit(spectrum, point, 1e6) == pytest.approx(expected, rel=0.02)
    assert limit(spectrum, point, 1e6) < expected * (1 + 1e-9)


def test_without_noise_and_bottleneck_a_lazy_step_is_stable_up_to_twice_the_slowest_time():
    spectrum = power_law(1.5, 0.5, 400)
    assert limit(spectrum, POINT | {"richness": 0.0}, 1e3) == pytest.approx(2 / spectrum.eigenvalue[0])


def test_a_flow_has_no_limit():
    for optimizer in ("gradient_flow", "sgd_flow"):
        point = POINT | {"optimizer": optimizer, "learning_rate": 1e3, "batch": 1.0}
        assert not list(stability.check(point, "theory", 1e3))


@pytest.mark.parametrize("width", [INF, 64.0])
def test_the_limit_falls_with_time_richness_and_depth(width):
    spectrum, point = power_law(1.5, 0.5, 1e6), POINT | {"width": width}
    for change, stops in (({}, (1.0, 10.0, 1e3)), ({"richness": 10.0}, (1e3,)), ({"depth": 3.0}, (1e3,))):
        limits = [limit(spectrum, point, 0.0), *(limit(spectrum, point | change, stop) for stop in stops)]
        assert np.all(np.diff(limits) < 0)


def test_a_kernel_grows_no_further_than_width_and_samples_let_it():
    spectrum = power_law(1.5, 0.5, 1e6)
    for change in ({"width": 32.0}, {"samples": 32.0}):
        late = [stability.gain(spectrum, POINT | change, stop) for stop in (1e3, 1e5)]
        assert late[1] < 1.03 * late[0]  # the head of the modes is learned a little further
        assert late[1] < 0.2 * stability.gain(spectrum, POINT, 1e5)
    pure = POINT | {"width": 32.0, "architecture": "pure"}
    assert stability.gain(spectrum, pure, 1e5) == stability.gain(spectrum, POINT, 1e5)


@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.5), (1.5, 1.25), (1.2, 0.3)])
def test_what_a_readout_reaches_is_that_of_draws(capacity, source):
    # theory/feature_learning.md 1g: |b|^2 of the N modes is N |c/s|^2; 20 draws scatter by 3 % about their mean
    spectrum = power_law(capacity, source, 1000, exact=1000)
    task = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    generator, readouts, interpolators = np.random.default_rng(0), [], []
    for _ in range(20):
        x = generator.standard_normal((64, 1000))
        seen = x * np.sqrt(spectrum.eigenvalue)
        readout = np.linalg.solve(seen @ seen.T, seen @ (np.sqrt(spectrum.eigenvalue) * task))
        readouts.append(64 * readout @ readout)
        interpolator = seen.T @ np.linalg.solve(seen @ seen.T, seen @ task)
        interpolators.append(interpolator @ interpolator)
    assert stability._reached(spectrum, POINT | {"width": 64.0}) == pytest.approx(np.mean(readouts), rel=0.05)
    assert stability._reached(spectrum, POINT | {"samples": 64.0}) == pytest.approx(np.mean(interpolators), rel=0.05)


def descend(spectrum, learning_rate, steps, richness, depth):
    """Loss of a literal deep network of infinite width, isometries at the start (theory/feature_learning.md 1d, 1e)."""
    target = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    layers, readout = [np.eye(len(target)) for _ in range(depth)], np.zeros(len(target))
    for _ in range(steps):
        back = [readout]
        for layer in reversed(layers):
            back.append(layer.T @ back[-1])
        seen = [spectrum.eigenvalue * (target - back[-1])]
        for layer in layers:
            seen.append(layer @ seen[-1])
        readout = readout + learning_rate * seen[-1]
        kicks = zip(reversed(back[:-1]), seen[:-1], strict=True)
        layers = [layer + learning_rate * richness * np.outer(*kick) for layer, kick in zip(layers, kicks, strict=True)]
    for layer in reversed(layers):
        readout = layer.T @ readout
    return spectrum.eigenvalue @ (target - readout) ** 2


@pytest.mark.parametrize(
    ("capacity", "source", "richness", "depth", "stop"),
    [(1.5, 0.5, 1, 1, 100), (1.5, 0.5, 10, 1, 30), (1.5, 0.25, 1, 1, 60), (2, 1.75, 10, 1, 100), (2, 1.25, 10, 2, 30)],
)
def test_runs_go_well_below_the_limit_and_badly_above(capacity, source, richness, depth, stop):
    spectrum = power_law(capacity, source, 150, exact=150)
    most = limit(spectrum, POINT | {"richness": richness, "depth": depth}, stop)
    target = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    remaining = flow(spectrum.eigenvalue, target, spectrum.multiplicity, [stop], richness, depth).remaining[0]
    well = spectrum.eigenvalue @ remaining**2
    for share, spoiled in ((0.9, False), (1.5, True)):
        steps = int(np.ceil(stop / (share * most)))
        assert (descend(spectrum, share * most, steps, richness, depth) > 1.2 * well) == spoiled


def stochastic(spectrum, learning_rate, steps, point, seed):
    """Loss of a literal network of finite width under sgd (theory/feature_learning.md 1b, 1c); inf if it blows up."""
    generator, task = np.random.default_rng(seed), np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    width, batch = int(point["width"]), int(point["batch"])
    first = generator.standard_normal((width, len(task)))
    layer, readout = first.copy(), np.zeros(width)
    for _ in range(steps):
        x = generator.standard_normal((batch, len(task))) * np.sqrt(spectrum.eigenvalue)
        force = x.T @ (x @ (task - layer.T @ readout / width)) / batch
        seen = force if point["architecture"] == "pure" else first.T @ (first @ force) / width
        kick = point["richness"] * np.outer(readout, seen)
        readout, layer = readout + learning_rate * layer @ force, layer + learning_rate * kick
        if np.abs(readout).max() > 1e6:
            return INF
    return spectrum.eigenvalue @ (task - layer.T @ readout / width) ** 2


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 8.0},
        {"batch": 1.0},
        {"batch": 4.0, "capacity": 2.0, "source": 1.75},
        {"batch": 8.0, "architecture": "pure"},
    ],
    ids=str,
)
def test_runs_of_sgd_go_well_below_the_limit_and_badly_above(change):
    # batches add noise before they are unstable: well is within a factor 2 of a third of the limit in the median
    point = POINT | {"optimizer": "sgd", "width": 32.0} | change
    spectrum, stop = power_law(point["capacity"], point["source"], 100, exact=100), 30.0
    most = limit(spectrum, point, stop)
    third, near, past = (
        np.median([stochastic(spectrum, share * most, int(stop / (share * most)), point, seed) for seed in range(8)])
        for share in (0.3, 0.9, 3.0)
    )
    assert near < 2 * third < past


def test_a_study_is_refused_with_the_limit_at_its_last_time(tmp_path, monkeypatch):
    monkeypatch.setitem(models.REGISTRY, "feature_learning", "scalefront.models.feature_learning")
    bench = Workbench(tmp_path)

    def study(stop):
        words = {"optimizer": "gradient_descent", "learning_rate": 0.5}
        spectrum = {"kind": "power_law", "capacity": 1.5, "source": 0.5, "modes": 400}
        time = {"start": 1.0, "stop": stop, "points": 7}
        words = {"dynamics": words, "time": time, "sweep__0__width": [200]}
        return bench.load(bench.changed(model="feature_learning", spectrum=spectrum, **words))

    check_files(study(10.0))
    with pytest.raises(StudyError, match=r"sweep.learning_rate.*below 0\.\d+, the estimated .* at time 250"):
        check_files(study(250.0))


def test_a_large_study_needs_one_flow_for_each_richness(monkeypatch):
    solved = []
    monkeypatch.setattr(stability, "flow", lambda *words: solved.append(words) or flow(*words))
    stability._learned.cache_clear()
    for width in range(1, 200):
        for richness in (0.0, 0.1, 1.0, 10.0):
            point = POINT | {"width": float(width), "richness": richness, "learning_rate": 0.6}
            list(stability.check(point, "simulation", 100.0))
    assert 0 < len(solved) <= 3
