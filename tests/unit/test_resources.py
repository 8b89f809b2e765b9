"""What jobs ask of a scheduler: more for more work, twice as much on a retry, for every model and every kind of job."""

import math
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from scalefront import catalogue, resources
from scalefront.models import REGISTRY, part

ROOT = Path(__file__).parents[2]
STUDIES = [catalogue.load_study(path) for path in sorted((ROOT / "config" / "studies").glob("*.yaml"))]
INF, TIME = math.inf, (1.0, 10.0, 100.0, math.inf)

POINT = {
    "spectrum": "power_law",
    "capacity": 1.25,
    "source": 0.4,
    "modes": 4000.0,
    "width": 100.0,
    "samples": 200.0,
    "label_noise": 0.0,
    "ensemble": 1.0,
    "bags": 1.0,
    "optimizer": "gradient_flow",
    "learning_rate": None,
    "momentum": None,
    "inertia": None,
    "batch": None,
}
SGD = {"optimizer": "sgd", "learning_rate": 0.1, "batch": 8.0}
POINTS = {
    "flow": {},
    "fresh samples": {"samples": INF},
    "infinite width": {"width": INF},
    "no bottleneck": {"width": INF, "samples": INF},
    "ensemble": {"ensemble": 4.0, "bags": 2.0},
    "heavy ball": {"optimizer": "momentum", "learning_rate": 0.1, "momentum": 0.9},
    "one pass": SGD | {"samples": INF},
    "one pass, no bottleneck": SGD | {"width": INF, "samples": INF},
    "epochs": SGD,
}
KINDS = ("simulation", "theory", "order_parameters")


def lazy_cost(changes, kind="simulation", time=TIME, seeds=1):
    return part("random_features", "cost").cost(POINT | changes, kind, time, seeds)


def seconds(cost):
    return cost["flops"] / resources.FLOPS_A_SECOND + cost["numbers"] / resources.NUMBERS_A_SECOND


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", POINTS)
def test_every_kind_of_point_has_a_cost(point, kind):
    cost = lazy_cost(POINTS[point], kind)
    assert seconds(cost) > 0 and cost["bytes"] >= 0 and math.isfinite(seconds(cost) + cost["bytes"])
    assert all(number > 0 for number in cost["programs"].values())


SIZES = [(name, w) for name in POINTS for w in ("modes", "width", "samples", "ensemble", "bags")]


@pytest.mark.parametrize(("point", "word"), [pair for pair in SIZES if (POINT | POINTS[pair[0]])[pair[1]] < INF])
def test_a_simulation_of_larger_sizes_costs_no_less(point, word):
    value = (POINT | POINTS[point])[word]
    small, large = (lazy_cost(POINTS[point] | {word: value * factor}) for factor in (1, 3))
    assert seconds(large) >= seconds(small) and large["bytes"] >= small["bytes"]
    assert seconds(large) > seconds(small) or point.endswith("no bottleneck") or word == "bags"


@pytest.mark.parametrize("kind", ["simulation", "theory"])
@pytest.mark.parametrize("point", ["one pass", "epochs"])
def test_more_steps_cost_more_where_steps_are_taken(point, kind):
    few, many = (seconds(lazy_cost(POINTS[point], kind, (1.0, stop))) for stop in (1e2, 1e5))
    if (point, kind) == ("one pass", "theory"):
        assert many == few  # one contour a time, however late
    else:
        assert many > few


@pytest.mark.parametrize("point", [name for name in POINTS if name != "no bottleneck"])
def test_seeds_cost_time_and_share_the_compiled_programs(point):
    one, ten = (lazy_cost(POINTS[point], seeds=seeds) for seeds in (1, 10))
    assert seconds(one) < seconds(ten) <= 10 * seconds(one) and one["programs"] == ten["programs"]


def test_a_theory_without_bottleneck_asks_for_no_more_memory_than_its_modes_need():
    free = POINTS["no bottleneck"]
    assert lazy_cost(free | {"modes": 1e15}, "theory")["bytes"] < lazy_cost(free | {"modes": 1e5}, "theory")["bytes"]


def written(folder, **changes):
    """A study of (3 widths) x (2 samples), read from a file."""
    content = {
        "title": "A study of seconds",
        "model": "random_features",
        "seeds": 4,
        "spectrum": {"kind": "power_law", "capacity": 1.25, "source": 0.4, "modes": 1000},
        "time": {"start": 0.1, "stop": 1e4, "points": 16},
        "sweep": {"width": [8, 16, 400], "samples": [24, INF]},
        "order_parameters": {"where": {"width": 8}},
    }
    path = folder / "small.yaml"
    with path.open("w") as stream:
        YAML(typ="safe", pure=True).dump(content | changes, stream)
    return catalogue.load_study(path)


class Wildcards(dict):
    """As Snakemake hands them over."""

    study = property(lambda self: self["study"])


@pytest.mark.parametrize("kind", ["simulation", "theory", "order_parameters", "measure", "table"])
def test_memory_and_time_double_at_each_attempt(tmp_path, kind):
    study = written(tmp_path)
    shard = {"shard": study.shards[kind][0].name} if kind in study.shards else {}
    asked = resources.job_resources({"small": study}, kind)
    assert set(asked) == {"mem_mb", "runtime"}
    for needs in asked.values():
        first, *later = (needs(Wildcards(study="small", **shard), attempt) for attempt in (1, 2, 3))
        assert first > 0 and later == [2 * first, 4 * first]


def test_every_shard_asks_for_what_its_own_points_need(tmp_path):
    sweep = {"curves": "simulation", "modes": 1e5, "width": [8, 4000], "samples": INF}
    study = written(tmp_path, sweep=sweep, order_parameters=None)
    asked = resources.job_resources({"small": study}, "simulation")
    needs = {
        shard.name: [asked[word](Wildcards(study="small", shard=shard.name), 1) for word in ("mem_mb", "runtime")]
        for shard in study.shards["simulation"]
    }
    small, large = needs["width-8_samples-inf"], needs["width-4000_samples-inf"]
    assert large[0] > small[0] + 500 and large[1] > small[1]
    # 4 N^2 doubles for the features and 4 N^2 for the decomposition
    assert large[0] * 1e6 > resources.BASE_MB * 1e6 + 64 * 4000**2


def test_points_of_one_shape_compile_once(tmp_path):
    def of(sweep):
        study = written(tmp_path, sweep=sweep | {"curves": "simulation", "fan_out": []}, order_parameters=None)
        return resources.curves_work(study, "simulation", study.shards["simulation"][0])[0]

    one = of({"width": 8, "samples": 24})
    same = of({"width": 8, "samples": 24, "label_noise": [0, 0.1, 0.2, 0.3]})
    other = of({"width": [8, 9, 10, 11], "samples": 24})
    assert same < 2 * one < other


def test_jobs_that_read_tables_ask_for_more_with_more_rows(tmp_path):
    few, many = (written(tmp_path, seeds=seeds) for seeds in (4, 40_000))
    assert all(a < b for a, b in zip(*(resources.job_needs(s, "table") for s in (few, many)), strict=True))


def test_a_measured_spectrum_is_bounded_by_the_size_of_its_file(tmp_path):
    (tmp_path / "eigenvalues.csv").write_text("eigenvalue,task_power\n" + "0.5,0.25\n" * 1000)
    spectrum = {"kind": "table", "path": "eigenvalues.csv"}
    study = written(tmp_path, spectrum=spectrum, order_parameters=None)
    assert 500 < resources.known_modes(study.spectrum) < 1000
    for kind, shards in study.shards.items():
        for shard in shards:
            assert resources.job_needs(study, kind, shard) >= (resources.BASE_MB, 2)
    assert resources.job_needs(study, "measure") >= (resources.BASE_MB, 2)


def test_the_shipped_studies_fit_on_any_node_and_cover_every_model():
    for study in STUDIES:
        jobs = [(kind, shard) for kind, shards in study.shards.items() for shard in shards]
        for kind, shard in [*jobs, ("table", None), ("measure", None), ("order_parameters", None)]:
            memory, minutes = resources.job_needs(study, kind, shard)
            assert resources.BASE_MB <= memory < 4000 and 2 <= minutes < 30, (study.name, kind)
    assert {study.model for study in STUDIES} == set(REGISTRY)


def test_nothing_that_computes_rests_on_what_a_job_asks_for():
    package = ROOT / "workflow" / "scalefront"
    asking = [package / "resources.py", *(package / "models").rglob("cost.py")]
    for path in set(package.rglob("*.py")) - set(asking):
        assert not re.search(r"import .*\b(resources|cost)\b|from scalefront.*\.(resources|cost) ", path.read_text()), (
            path
        )
