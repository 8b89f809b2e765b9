"""Predicted exponents against the solvers, the printed tables and the lazy model; where they may be read off."""

import numpy as np
import pytest
from scalefront.cut_off import CUT_OFF
from scalefront.late_losses import late_losses
from scalefront.models.feature_learning.exponents import (
    PREDICTED_BY,
    asymptotic_range,
    frontier_predictions,
    predictions,
)
from scalefront.models.feature_learning.phases import noise_boundary, paquette, phase
from scalefront.models.feature_learning.reach import START, clock, speed
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.random_features import exponents as lazy
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import power_law

TOLERANCE = 0.02  # of claims about an exponent
INF = np.inf


def slope(y, x):
    return np.diff(np.log(y)) / np.diff(np.log(x))


def value(name, *point, **words):
    return predictions(*point, **words)[name].value


@pytest.mark.parametrize(
    ("capacity", "source", "depth", "expected"),
    [  # theory/feature_learning.md 7.3, columns "pred"
        (1.5, 0.25, 1, 0.4),
        (1.5, 0.5, 1, 0.6667),
        (1.5, 0.75, 1, 0.8571),
        (1.5, 1.25, 1, 1.25),
        (2.0, 0.5, 1, 0.6667),
        (2.0, 1.75, 1, 1.75),
        (1.5, 0.5, 2, 0.75),
        (1.5, 0.5, 4, 0.8333),
        (1.5, 0.75, 2, 0.9),
        (1.5, 0.75, 4, 0.9375),
        (1.5, 1.25, 4, 1.25),
        (1.5, 0.25, 2, 0.5),
        (1.5, 0.25, 4, 0.625),
    ],
)
def test_the_flow_of_a_rich_network_has_the_predicted_exponent_of_time(capacity, source, depth, expected):
    found = predictions(capacity, source, 10.0, depth)["time_bottleneck"]
    assert found.value == pytest.approx(-expected, abs=5e-5) and found.holds
    time = np.array([3e4, 1e5])
    curve = infinite_width(power_law(capacity, source, 1e15), time, 10.0, depth)
    assert slope(curve, time)[0] == pytest.approx(found.value, abs=TOLERANCE)


@pytest.mark.parametrize("source", [0.25, 0.75, 1.0, 1.75])
def test_the_exponent_of_time_of_a_lazy_network_is_the_source(source):
    time = np.array([3e4, 1e5])
    found = predictions(1.5, source, 0.0, 4.0)["time_bottleneck"]
    assert slope(infinite_width(power_law(1.5, source, 1e12), time, 0.0, 1), time)[0] == pytest.approx(
        found.value, abs=2e-3
    )
    assert found.holds  # at source 1, too: the logarithm is that of a rich network


SHARED = (
    "width_bottleneck",
    "width_bottleneck_paper",
    "data_bottleneck",
    "early_width",
    "crossover_width",
    "crossover_samples",
    "binding_compute",
    "frontier_width",
    "frontier_time",
    "frontier_loss",
)


@pytest.mark.parametrize(("capacity", "source"), [(1.25, 0.4), (2.0, 0.25), (1.5, 1.6), (3.0, 1.2)])
def test_a_lazy_network_has_the_exponents_of_random_features(capacity, source):
    ours, theirs = predictions(capacity, source, richness=0.0), lazy.predictions(capacity, source)
    for name in SHARED:
        assert ours[name].value == pytest.approx(theirs[name].value), name
        assert ours[name].holds == theirs[name].holds, name
    assert ours["width_transient"].value == pytest.approx(theirs["early_width_growth"].value)
    assert ours["samples_transient"].value == pytest.approx(theirs["early_samples_growth"].value)
    for name in ("time_bottleneck", "sgd_time_bottleneck"):
        sgd = predictions(capacity, source, richness=0.0, optimizer="sgd")[name]
        assert sgd.value == pytest.approx(theirs[name].value)


@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.5), (1.5, 0.75), (1.5, 1.25), (2.0, 1.75), (2.0, 2.5)])
def test_floors_fall_as_derived(capacity, source):
    # theory/feature_learning.md 7.4: exponents/alpha at N = 3000 to 10000, 1e9 modes here
    sizes, infinite, none = np.array([3e3, 1e4]), np.full(2, INF), np.zeros(2)
    predicted, spectrum = predictions(capacity, source), power_law(capacity, source, 1e9)
    width = slope(late_losses(spectrum, sizes, infinite, none).test_loss, sizes)[0]
    data = slope(late_losses(spectrum, infinite, sizes, none).test_loss, sizes)[0]
    assert width == pytest.approx(predicted["width_bottleneck"].value, abs=TOLERANCE)
    assert data == pytest.approx(predicted["data_bottleneck"].value, abs=TOLERANCE)


def test_where_the_paper_and_the_theory_disagree_only_one_of_them_holds():
    # theory/feature_learning.md 3.1: the width beyond source 1, its transient below
    hard, easy = predictions(1.5, 0.5), predictions(1.5, 1.25)
    assert easy["width_bottleneck"].value == -1.5 and easy["width_bottleneck_paper"].value == -1.875
    assert easy["width_bottleneck"].holds and not easy["width_bottleneck_paper"].holds
    assert hard["width_bottleneck"].value == hard["width_bottleneck_paper"].value == -0.75
    assert hard["width_bottleneck"].holds and hard["width_bottleneck_paper"].holds
    assert easy["width_transient"].value == pytest.approx(easy["width_transient_paper"].value)
    assert hard["width_transient"].value > 0 > hard["width_transient_paper"].value
    assert hard["width_transient"].holds and not hard["width_transient_paper"].holds


@pytest.mark.parametrize(
    ("capacity", "source", "lazy_decay", "rich_decay"),
    [  # theory/feature_learning.md 7.5, "predicted": decays, a growth is negative
        (1.5, 0.5, -0.167, -0.222),
        (2.0, 0.75, 0.25, 0.286),
        (2.0, 0.25, -0.25, -0.4),
        (2.0, 1.25, 0.5, 0.5),
    ],
)
def test_width_transients(capacity, source, lazy_decay, rich_decay):
    found = [value("width_transient", capacity, source, richness) for richness in (0.0, 1.0)]
    assert found == pytest.approx([-lazy_decay, -rich_decay], abs=5e-4)


@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.5), (2.0, 0.25), (2.0, 1.75)])
def test_the_lazy_width_transient_is_that_of_the_exact_theory(capacity, source):
    time, spectrum = np.array([1e2, 3e2]), power_law(capacity, source, 1e12)
    wide, endless = loss_curves(spectrum, [1e6, INF], [INF, INF], [0, 0], time).test_loss
    found = slope(wide - endless, time)[0]
    assert found == pytest.approx(value("width_transient", capacity, source, 0.0), abs=0.03)  # 7.5: slow corrections


@pytest.mark.parametrize("word", ["width", "samples"])
@pytest.mark.parametrize(("capacity", "source", "richness"), [(1.5, 0.5, 1.0), (2.0, 0.75, 10.0), (2.0, 0.25, 10.0)])
def test_rich_transients_are_those_of_the_mean_field_theory(word, capacity, source, richness):
    # 0.03: corrections are slow (theory/feature_learning.md 7.5), above all for the width at source 0.75
    time, spectrum = np.array([1e3, 3e3]), grouped(capacity, source, 1e14)
    bound, endless = (flow_curves(spectrum, time, richness=richness, **{word: size}).test_loss for size in (1e5, INF))
    found = predictions(capacity, source, richness)[f"{word}_transient"]
    assert found.holds and slope(bound - endless, time)[0] == pytest.approx(found.value, abs=0.03)


@pytest.mark.parametrize(
    ("word", "capacity", "source", "richness"),
    [("width", 1.5, 0.5, 10.0), ("samples", 1.5, 0.5, 10.0), ("width", 2.0, 1.75, 1.0), ("samples", 1.5, 1.25, 1.0)],
)
def test_width_and_samples_bind_a_rich_network_when_predicted(word, capacity, source, richness):
    # the width at capacity 1.5, source 1.25 comes slower: 1.02, 1.05, 1.07 from N = 1e3 to 1e6, predicted 1.09
    spectrum, sizes, onsets = grouped(capacity, source, 1e14), np.array([1e3, 1e4]), []
    time = np.geomspace(10, 1e6, 51)
    endless = flow_curves(spectrum, time, richness=richness).test_loss
    for size in (1e3, 1e4):
        share = np.log(flow_curves(spectrum, time, richness=richness, **{word: size}).test_loss / endless)
        onsets.append(np.exp(np.interp(np.log(2), share, np.log(time))))
    found = predictions(capacity, source, richness)[f"crossover_{word}"]
    assert found.holds and slope(np.array(onsets), sizes)[0] == pytest.approx(found.value, abs=0.03)


@pytest.mark.parametrize(
    ("capacity", "source", "richness", "optimizer", "loss", "width"),
    [  # theory/feature_learning.md 7.6, columns "pred": r_C and the exponent of N*
        (1.5, 0.5, 0.0, "gradient_flow", 0.3, 0.4),
        (1.5, 0.5, 1.0, "gradient_flow", 0.353, 0.471),
        (1.5, 0.5, 1.0, "sgd", 0.353, 0.471),
        (2.0, 1.25, 0.0, "sgd_flow", 0.714, 0.429),
        (2.0, 1.25, 1.0, "gradient_flow", 0.714, 0.429),
        (1.5, 2.5, 0.0, "sgd_flow", 0.667, 0.5),
        (1.5, 2.5, 1.0, "sgd", 0.667, 0.5),
        (2.0, 1.75, 1.0, "sgd_flow", 0.75, 0.5),
        (2.0, 1.75, 1.0, "gradient_descent", 0.778, 0.556),
    ],
)
def test_frontier_exponents(capacity, source, richness, optimizer, loss, width):
    found = predictions(capacity, source, richness, 1.0, optimizer)
    assert found["frontier_loss"].value == pytest.approx(-loss, abs=5e-4)
    assert found["frontier_width"].value == pytest.approx(width, abs=5e-4)
    assert found["frontier_width"].value + found["frontier_time"].value == pytest.approx(1)
    assert all(found[f"frontier_{name}"].holds for name in ("width", "time", "loss"))


@pytest.mark.parametrize("capacity", [1.1, 1.5, 3.0])
@pytest.mark.parametrize("richness", [0.0, 1.0])
def test_frontiers_go_over_into_each_other_at_the_boundaries(capacity, richness):
    for boundary in (1.0, noise_boundary(capacity)):
        for name in ("width", "time", "loss"):
            sides = [
                value(f"frontier_{name}", capacity, boundary + side, richness, optimizer="sgd")
                for side in (-1e-9, 1e-9)
            ]
            assert sides[0] == pytest.approx(sides[1], abs=1e-7)


@pytest.mark.parametrize("capacity", [1.25, 2.0, 4.0])
@pytest.mark.parametrize("source", [0.1, 0.5, 0.9, 1.1, 1.4, 1.9, 3.0])
def test_phases_and_exponents_of_paquette_are_those_of_the_lazy_frontier(capacity, source):
    found = paquette(capacity, source)
    assert (2 * found.a, 2 * found.a + 2 * found.b - 1) == pytest.approx((capacity, capacity * source))
    assert found.phase == {"hard": "Ia", "easy": "II", "super-easy": "III"}[phase(capacity, source)]
    assert -found.exponent == pytest.approx(value("frontier_loss", capacity, source, 0.0, optimizer="sgd"))


def test_boundaries_belong_to_no_prediction():
    held = {name: one.holds for name, one in predictions(2.0, 1.0).items()}
    broken = ("time_bottleneck", "width_bottleneck", "width_transient", "crossover_width", "frontier_loss")
    assert not any(held[name] for name in broken) and held["data_bottleneck"] and held["early_width"]
    at_noise = predictions(2.0, 1.5, optimizer="sgd")
    for name in ("time_bottleneck", "sgd_time_bottleneck", "sgd_transient", "frontier_loss"):
        assert not at_noise[name].holds
    assert predictions(2.0, 1.5)["frontier_loss"].holds  # without noise nothing happens there
    assert not predictions(2.0, 2.0)["data_bottleneck"].holds


def test_every_point_has_the_same_predictions_by_name():
    names = set(predictions(**PREDICTED_BY))
    for source in (0.5, 1.2, 3.0):
        for words in ({"richness": 0.0}, {"depth": 4.0}, {"optimizer": "sgd"}):
            found = predictions(2.0, source, **words)
            assert set(found) == names and all(np.isfinite(one.value) for one in found.values())


def test_noise_of_batches_ends_the_power_law_of_the_flow_where_the_task_is_super_easy():
    # theory/feature_learning.md 7.5: alpha = 2, beta = 2.5: 1.5
    noisy = predictions(2.0, 2.5, optimizer="sgd")
    assert noisy["sgd_transient"].value == noisy["sgd_time_bottleneck"].value == -1.5
    assert noisy["sgd_transient"].holds and not noisy["time_bottleneck"].holds
    assert noisy["crossover_width"].value == 1.0
    silent = predictions(2.0, 2.5)
    assert silent["time_bottleneck"].holds and not silent["sgd_transient"].holds


def test_a_rich_network_reaches_the_floor_of_its_data_sooner():
    # theory/feature_learning.md 3.4: P = 128, alpha = 1.5, beta = .5, "formula 235 and 1448"
    times = [128 ** value("crossover_samples", 1.5, 0.5, richness) for richness in (1.0, 0.0)]
    assert times == pytest.approx([235, 1448], abs=1)


@pytest.mark.parametrize("source", [0.3, 0.7, 1.2])
@pytest.mark.parametrize("richness", [0.0, 1.0])
def test_samples_bind_where_the_frontier_comes_to_their_time(source, richness):
    found = predictions(2.0, source, richness)
    reached = found["binding_compute"].value * found["frontier_time"].value
    assert reached == pytest.approx(found["crossover_samples"].value)


POINT = {
    "capacity": 1.5,
    "source": 0.5,
    "samples": INF,
    "richness": 1.0,
    "architecture": "projected",
    "depth": 1.0,
    "optimizer": "gradient_flow",
    "label_noise": 0.0,
}


@pytest.mark.parametrize(
    ("change", "predicted"),
    [
        ({}, True),
        ({"source": 3.0, "optimizer": "sgd_flow"}, True),
        ({"optimizer": "sgd", "label_noise": 0.5}, False),  # a floor
        ({"optimizer": "gradient_descent", "label_noise": 0.5}, True),  # the population has no noise
        ({"architecture": "pure"}, False),  # no floor of its width
        ({"depth": 2.0}, False),
        ({"samples": 100.0}, False),
        ({"capacity": None, "source": None}, False),
    ],
)
def test_a_frontier_is_predicted_for_what_it_is_derived_for(change, predicted):
    assert bool(frontier_predictions("width", ("time", "width"), POINT | change)) == predicted


def test_a_frontier_keeps_its_exponents_where_a_budget_of_samples_does_not_bind():
    limited, compute = POINT | {"samples": 100.0}, ("width", "time")
    assert frontier_predictions("width", compute, limited, budget=True) == frontier_predictions("width", compute, POINT)
    assert frontier_predictions("samples", compute, POINT) == {}


def reach(word, modes, capacity, source, richness=1.0, depth=1.0):
    point = {"modes": modes, "capacity": capacity, "source": source, "richness": richness, "depth": depth}
    return asymptotic_range(word, point)


@pytest.mark.parametrize(("capacity", "source"), [(1.25, 0.4), (2.0, 0.25), (1.5, 1.6)])
def test_a_lazy_network_has_the_range_of_random_features(capacity, source):
    for word in ("time", "width", "samples"):
        point = {"modes": 1e9, "capacity": capacity, "source": source}
        assert reach(word, 1e9, capacity, source, 0.0) == pytest.approx(lazy.asymptotic_range(word, point))
    assert reach("width", 1e9, capacity, source, 1.0) == reach("width", 1e9, capacity, source, 0.0)
    with pytest.raises(KeyError):
        reach("batch", 1e9, capacity, source)


REACHES = [
    (1.5, 0.2, 1.0, 1.0, 1e9),
    (1.5, 0.5, 1.0, 1.0, 1e6),
    (1.5, 0.5, 100.0, 1.0, 1e9),
    (2.0, 0.2, 1.0, 4.0, 1e9),
    (1.1, 0.5, 1.0, 1.0, 1e9),
    (1.5, 1.25, 1.0, 1.0, 1e6),
]


@pytest.mark.parametrize(("capacity", "source", "richness", "depth", "modes"), REACHES)
def test_at_the_end_of_its_range_the_cut_off_bends_an_exponent_by_little(capacity, source, richness, depth, modes):
    # against the same law with so many more modes that its own cut-off is out of sight
    high = reach("time", modes, capacity, source, richness, depth)[1]
    assert 10 < high < reach("time", modes, capacity, source, 0.0)[1]
    ends = np.array([high / 1.1, high])
    bent, straight = (
        slope(infinite_width(power_law(capacity, source, count), ends, richness, depth), ends)[0]
        for count in (modes, 1e5 * modes)
    )
    assert bent == pytest.approx(straight, rel=2 * CUT_OFF)


@pytest.mark.parametrize(("capacity", "source", "richness"), [(1.5, 0.5, 0.1), (1.5, 0.9, 1.0), (2.0, 1.25, 1.0)])
def test_the_range_of_time_starts_where_the_exponent_comes_near_its_last_value(capacity, source, richness):
    low = reach("time", 1e15, capacity, source, richness)[0]
    assert 10 < low < 1e4
    time = np.array([0.95 * low, 1.05 * low, 3 * low, 3.3 * low])
    curve = infinite_width(power_law(capacity, source, 1e15), time, richness, 1)
    late = np.array([0.9, 1.0]) * reach("time", 1e15, capacity, source, richness)[1]
    last = slope(infinite_width(power_law(capacity, source, 1e15), late, richness, 1), late)[0]
    near, after = (abs(found / last - 1) for found in slope(curve, time)[[0, 2]])
    assert near == pytest.approx(START, abs=0.015) and after < near


def test_a_range_is_empty_where_the_modes_are_too_few():
    for word, capacity, source in (("time", 1.25, 0.1), ("width", 1.25, 0.1), ("width", 1.01, 0.4)):
        low, high = reach(word, 1e8, capacity, source)
        assert low >= high


@pytest.mark.parametrize(("source", "depth"), [(0.25, 1.0), (0.5, 1.0), (1.25, 1.0), (0.5, 4.0)])
def test_modes_learned_independently_have_the_local_exponents_of_the_flow(source, depth):
    # the part of the flow that is left out changes the prefactor (theory/feature_learning.md 2.4): of use for both ends
    spectrum = power_law(1.5, source, 1e15)
    found = clock(spectrum, 1e8, 1.0, depth)
    for start, allowed in ((10, START), (1e3, CUT_OFF)):
        late = found.time[found.time > start]
        expected = slope(infinite_width(spectrum, late, 1.0, depth), late)
        np.testing.assert_allclose(slope(found.test_loss, found.time)[-len(expected) :], expected, rtol=allowed)


@pytest.mark.parametrize("depth", [1, 2, 16, 64])
def test_the_speed_of_a_kernel_solves_its_equation(depth):
    # theory/feature_learning.md 2.5: |b|^2 = r q^L, q = 1 + gamma r
    strength = np.logspace(-3, 20, 24)
    found = speed(strength, depth)
    np.testing.assert_allclose((found ** (1 / depth) - 1) * found, strength, rtol=1e-9)
    assert speed(0.0, depth) == 1
    if depth == 1:
        np.testing.assert_allclose(found, (1 + np.sqrt(1 + 4 * strength)) / 2, rtol=1e-12)
