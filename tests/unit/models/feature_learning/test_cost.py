"""What jobs of the model are told to cost: more for more work, in the proportions of the work itself."""

import math

import pytest
from scalefront import resources
from scalefront.models.feature_learning.cost import cost

INF, TIME = math.inf, (1.0, 10.0, 100.0, math.inf)
POINT = {
    "spectrum": "power_law",
    "capacity": 1.5,
    "source": 0.5,
    "modes": 4000.0,
    "width": 100.0,
    "samples": 200.0,
    "richness": 1.0,
    "architecture": "projected",
    "depth": 1.0,
    "label_noise": 0.0,
    "optimizer": "gradient_flow",
    "learning_rate": None,
    "batch": None,
}
DESCENT = {"optimizer": "gradient_descent", "learning_rate": 0.1}
SGD = {"optimizer": "sgd", "learning_rate": 0.1, "batch": 8.0}
FRESH, WIDE = {"samples": INF}, {"width": INF}
POINTS = {
    "flow": {},
    "flow, fresh samples": FRESH,
    "flow, infinite width": WIDE | {"modes": 400.0},
    "flow, no bottleneck": FRESH | WIDE,
    "descent": DESCENT,
    "one pass": SGD | FRESH,
    "one pass, pure": SGD | FRESH | {"architecture": "pure"},
    "one pass, infinite width": SGD | FRESH | WIDE | {"modes": 400.0},
    "one pass, lazy": SGD | FRESH | WIDE | {"richness": 0.0},
    "epochs": SGD,
    "deep": SGD | FRESH | {"depth": 3.0},
}
NOISY_FLOW = {"optimizer": "sgd_flow", "learning_rate": 0.1, "batch": 8.0} | FRESH  # in theory alone
KINDS = ("simulation", "theory", "order_parameters")
EVERY = [(kind, changes) for kind in KINDS for changes in POINTS.values()] + [(kind, NOISY_FLOW) for kind in KINDS[1:]]


def told(changes, kind="simulation", time=TIME, seeds=1):
    return cost(POINT | changes, kind, time, seeds)


def seconds(found):
    return found["flops"] / resources.FLOPS_A_SECOND + found["numbers"] / resources.NUMBERS_A_SECOND


@pytest.mark.parametrize(("kind", "changes"), EVERY)
def test_every_kind_of_point_has_a_cost(kind, changes):
    found = told(changes, kind)
    assert 0 < seconds(found) < INF and 0 <= found["bytes"] < INF
    assert all(number > 0 for number in found["programs"].values())
    assert bool(found["programs"]) == (kind == "simulation")


SIZES = [(name, word) for name in POINTS for word in ("modes", "width", "samples", "depth")]


@pytest.mark.parametrize(("point", "word"), [pair for pair in SIZES if (POINT | POINTS[pair[0]])[pair[1]] < INF])
def test_a_simulation_of_larger_sizes_costs_no_less(point, word):
    value = (POINT | POINTS[point])[word]
    small, large = (told(POINTS[point] | {word: value * factor}) for factor in (1, 3))
    assert seconds(large) >= seconds(small) and large["bytes"] >= small["bytes"]


@pytest.mark.parametrize("point", POINTS)
def test_seeds_cost_time_and_share_the_compiled_programs(point):
    one, ten = (told(POINTS[point], seeds=seeds) for seeds in (1, 10))
    assert seconds(one) < seconds(ten) < 10.001 * seconds(one) and one["programs"] == ten["programs"]


@pytest.mark.parametrize("point", ["descent", "one pass", "epochs", "one pass, lazy"])
def test_steps_cost_their_number_and_in_theory_its_cube_and_square(point):
    few, many = ([told(POINTS[point], kind, (1.0, stop)) for kind in ("simulation", "theory")] for stop in (1e3, 1e4))
    assert 1 < seconds(many[0]) / seconds(few[0]) <= 10
    time, memory = (1e1, 1e0) if point.endswith("lazy") else (1e3, 1e2)
    assert seconds(many[1]) / seconds(few[1]) == pytest.approx(time)
    assert many[1]["bytes"] / few[1]["bytes"] == pytest.approx(memory)


def test_a_flow_costs_its_decades_not_its_time():
    for point in (FRESH, {}, FRESH | WIDE):
        early, late = (seconds(told(point, "theory", (1.0, stop))) for stop in (1e2, 1e6))
        assert late < 20 * early


def test_modes_beyond_those_that_stand_alone_cost_theory_little():
    for point in (SGD | FRESH, FRESH, FRESH | WIDE):
        few, many = (told(point | {"modes": modes}, "theory") for modes in (1e6, 1e12))
        assert seconds(many) < 3 * seconds(few) and many["bytes"] < 3 * few["bytes"]


def test_a_lazy_network_has_no_layer_to_change():
    lazy, rich = (seconds(told(SGD | FRESH | {"richness": richness}, time=(1e3,))) for richness in (0.0, 1.0))
    assert lazy < rich
