"""Study files: what is read, and every way in which one is refused."""

import math
import os
import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalefront.catalogue import check_files, load_study
from scalefront.errors import StudyError
from scalefront.study import canonical_json, point_digest

INF = math.inf
FIT = {"of": "test_loss", "against": "time", "where": {"width": 8.0, "kind": "theory"}}
CLAIM = {"id": "slope", "statement": "L ~ t^-source", "quantity": "slope.exponent", "relation": "equals"}


def claiming(**changes):
    """Changes that add a fit and a claim on it."""
    return {"fits": {"slope": FIT}, "claims": [CLAIM | {"predicted": 1.0, "tolerance": 0.1} | changes]}


def test_a_minimal_study_has_its_points_and_shards(bench):
    study = bench.load(bench.changed())
    assert {shard.name for shard in study.shards["simulation"]} == {"width-8_samples-inf", "width-16_samples-inf"}
    assert [shard.name for shard in study.shards["theory"]] == ["all"]
    assert len(study.points) == 2
    assert study.time[0] == 0.1 and study.time[-2:] == (100.0, INF)


def test_a_sweep_is_one_grid_or_a_list_of_grids(bench):
    grid = {"width": [8, 16], "samples": [INF]}
    assert bench.load(bench.changed(sweep=grid)).points.keys() == bench.load(bench.changed(sweep=[grid])).points.keys()


def test_grids_carry_their_own_curves_seeds_and_fan_out(bench):
    grids = [
        {"curves": ["theory"], "width": [8], "samples": [16, INF], "fan_out": ["samples"]},
        {"curves": "simulation", "width": [8], "samples": [INF], "seeds": 5},
    ]
    study = bench.load(bench.changed(sweep=grids))
    assert [shard.name for shard in study.shards["theory"]] == ["samples-16", "samples-inf"]
    assert [seeds for shard in study.shards["simulation"] for _, seeds in shard.entries] == [5]


def test_a_point_that_two_grids_ask_for_is_computed_once_with_the_larger_number_of_seeds(bench):
    grids = [{"width": 8, "samples": INF}, {"width": [8, 16], "samples": INF, "seeds": 7}]
    study = bench.load(bench.changed(sweep=grids))
    entries = [entry for shard in study.shards["simulation"] for entry in shard.entries]
    assert sorted(seeds for _, seeds in entries) == [7, 7]


def test_a_range_of_values_is_spaced_in_log_and_whole(bench):
    content = bench.changed(sweep={"width": {"start": 8, "stop": 64, "points": 4}, "samples": INF})
    widths = sorted(point.parameters["width"] for point in bench.load(content).points.values())
    assert widths == [8, 16, 32, 64]


def test_numbers_are_those_of_yaml_1_2(bench):
    text = """
title: on
model: random_features
spectrum: {kind: power_law, capacity: 1.25, source: 0.4, modes: 1e5}
time: {values: [0.0, 1, 1e3]}
sweep: {width: [8], samples: [.inf]}
"""
    study = bench.load(text)
    assert study.title == "on"
    assert study.time == (0.0, 1.0, 1000.0)
    assert next(iter(study.points.values())).parameters["modes"] == 1e5


def test_the_canonical_json_is_that_of_the_contract():
    parameters = {"width": 64.0, "samples": INF, "label_noise": 0.0, "optimizer": "gradient_flow", "capacity": None}
    defaults = {"label_noise": 0.0, "optimizer": "gradient_flow"}
    assert canonical_json(parameters, defaults) == '{"samples":"inf","width":"64.0"}'
    # printf '{"samples":"inf","width":"64.0"}' | sha256sum
    assert point_digest(parameters, defaults) == "4ca51b6f93a0"


def test_a_parameter_at_its_default_moves_no_point(bench):
    told = bench.load(bench.changed(dynamics={"label_noise": 0, "optimizer": "gradient_flow"}))
    assert told.points.keys() == bench.load(bench.changed()).points.keys()


def test_predictions_are_numbers_at_the_points_of_the_fit(bench):
    content = bench.changed(
        fits={"slope": FIT | {"predicted": "time_bottleneck"}},
        claims=[CLAIM | {"predicted": "time_bottleneck", "tolerance": 0.02}],
    )
    study = bench.load(content)
    assert study.fits["slope"]["predicted"] == -0.4  # -source
    assert study.claims[0]["predicted"] == -0.4


def refused(bench, **changes):
    """The one line with which a changed study is refused."""
    with pytest.raises(StudyError) as caught:
        bench.load(bench.changed(**changes))
    message = str(caught.value)
    assert "\n" not in message and "small.yaml" in message
    return message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"dynamics__temperature": 0.9}, "dynamics.temperature"),
        ({"sweep__0__depth": 2}, "sweep[0].depth"),
        ({"title": 7}, "title = 7"),
        ({"seeds": "many"}, "seeds = 'many'"),
        ({"seeds": True}, "seeds = True"),
        ({"seeds": 2.5}, "seeds = 2.5"),
        ({"model": "perceptron"}, "random_features"),
        ({"sweep": []}, "sweep = []"),
        ({"sweep__0__width": []}, "sweep[0].width = []"),
        ({"sweep__0__width": [8, 8.0]}, "each value once"),
        ({"sweep__0__width": [8, 300]}, "sweep[0].width = 300.0: must be at most modes = 200"),
        ({"sweep__0__width": [0]}, "a whole number >= 1"),
        ({"sweep__0__width": [7.5]}, "a whole number >= 1"),
        ({"sweep__0__samples": ["all"]}, "sweep[0].samples = 'all'"),
        ({"sweep__0__curves": ["experiment"]}, "simulation, theory"),
        ({"sweep__0__curves": []}, "at least one of: simulation, theory"),
        ({"sweep__0__width": {"start": 8, "stop": INF, "points": 3}}, "<= 1e+15, finite"),
        ({"title": "a\x1bb"}, "printable"),
        ({"sweep__0__fan_out": ["depth"]}, "sweep[0].fan_out"),
        ({"spectrum__capacity": 1}, "spectrum.capacity = 1: must be a number > 1"),
        ({"spectrum__source": 0}, "spectrum.source = 0: must be a number > 0"),
        ({"spectrum__source": -0.5}, "spectrum.source = -0.5"),
        ({"spectrum__capacity": None}, "capacity: missing"),
        ({"spectrum__kind": "pink"}, "power_law, white, table, data"),
        ({"spectrum__modes": 10**400}, "spectrum.modes"),
        ({"time__stop": 0.01}, "time.stop = 0.01: must be greater than start"),
        ({"time__start": 0}, "time.start = 0"),
        ({"time__points": 1}, "time.points = 1"),
        ({"time": {"start": 1.0, "stop": 1.0000000000000002, "points": 21}}, "the times must increase"),
        ({"title": "two\nlines"}, "one line"),
        ({"spectrum__modes": 1e9, "sweep__0": {"width": INF, "samples": 1e3}}, "samples = 1000.0: must be smaller"),
        ({"spectrum__modes": 1e9, "spectrum__capacity": 40}, "leave the range of double precision"),
        ({"spectrum__capacity": 20}, "beyond double precision (simulation)"),
        ({"fits": {"spectrum": FIT}}, "none of: frontier, spectrum"),
        ({"fits": {3: FIT}}, "fits.3"),
        ({"fits": {"a:theory": FIT}}, "fits.a:theory"),
        ({"time": {"values": [1, 3, 2]}}, "time.values = [1, 3, 2]: the times must increase"),
        ({"dynamics__label_noise": -1}, "dynamics.label_noise = -1"),
        ({"figures": ["portrait"]}, "figures = 'portrait'"),
        ({"fits": {"slope": {"of": "joy", "against": "time"}}}, "fits.slope.of"),
        ({"fits": {"slope": FIT | {"where": {"width": 9.0}}}}, "matches no point"),
        ({"fits": {"slope": FIT | {"where": {}}}}, "must also fix width"),
        ({"fits": {"slope": FIT | {"window": [3, 1]}}}, "fits.slope.window"),
        ({"fits": {"slope": FIT | {"against": "width"}}}, "fits.slope"),
        ({"frontier": {"size": "width", "compute": ["width"]}}, "frontier.compute"),
        ({"claims": [CLAIM | {"predicted": 1, "tolerance": 0.1}]}, "claims[0].quantity"),
        ({"fits": {"slope": FIT}, "claims": [CLAIM | {"predicted": "fate", "tolerance": 0.1}]}, "time_bottleneck"),
        ({"fits": {"slope": FIT}, "claims": [CLAIM | {"predicted": 1}]}, "claims[0].tolerance: missing"),
        (claiming(quantity="slope.exponent:simulation"), "slope.exponent:theory"),
        (claiming(quantity="slope.exponent:theory:theory"), "claims[0].quantity"),
        (claiming(quantity="slope.prefactor", predicted="time_bottleneck"), "predictions by name are exponents"),
    ],
)  # fmt: skip
def test_a_study_is_refused_with_file_key_value_and_what_is_allowed(bench, changes, said):
    assert said in refused(bench, **changes)


MOMENTUM = {"optimizer": "momentum", "learning_rate": 0.1, "momentum": [0.5, 0.9]}
EVERY_WORD = ["capacity", "source", "modes", "width", "samples", "label_noise", "ensemble", "bags", "optimizer",
              "learning_rate", "momentum", "inertia", "batch"]  # fmt: skip
LONG = {"capacity": 1.2345678901234567, "source": 0.1234567890123456, "label_noise": 0.1234567890123456}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "x" * 1001}, "at most 1000 printable characters"),
        ({"seeds": 100_001}, "seeds = 100001: must be in [1, 100000]"),
        ({"sweep__0__seeds": 100_001}, "sweep[0].seeds"),
        ({"sweep__0__label_noise": {"start": 1e-3, "stop": 1, "points": 50_001}}, "at most 100000 points"),
        (
            {"sweep__0__label_noise": {"start": 1e-3, "stop": 1, "points": 2001}, "sweep__0__fan_out": ["label_noise"]},
            "sweep = 2001: at most 2000 simulation shards, one for each value of the words in fan_out: name fewer",
        ),
        ({"sweep__0": {"width": 8, "samples": 10, "fan_out": EVERY_WORD} | LONG}, "name fewer words in fan_out"),
        ({"time": {"start": 1, "stop": 2, "points": 100_000}, "seeds": 10_000}, "at most 1e+09 rows"),
        ({"time": {"values": list(range(20_000))}, "seeds": 100_000}, "rows: points times seeds times 20000 times"),
        ({"sweep__0__optimizer": {"start": "sgd", "stop": "sgd", "points": 2}}, "optimizer.start = 'sgd'"),
        ({"frontier": {"size": "inertia", "compute": ["inertia", "time"], "where": {"width": 8}}}, "without inertia"),
        ({"frontier": {"size": "width", "compute": ["width", "batch", "time"]}}, "they are without batch"),
        ({"order_parameters": {"index": [INF]}, "sweep__0__curves": "theory"}, "order_parameters.index"),
        ({"order_parameters": {"index": [1, 1]}, "sweep__0__curves": "theory"}, "at most 100 ranks, each once"),
        ({"order_parameters": {"index": [*range(1, 102)]}, "sweep__0__curves": "theory"}, "at most 100 ranks"),
        ({"fits": {f"f{number}": {} for number in range(2001)}}, "fits = 2001: at most 2000 fits"),
        ({"fits": {"f" * 101: FIT}}, "the name of a fit has at most 100 characters"),
        ({"claims": [{} for _ in range(2001)]}, "claims = 2001: at most 2000 claims"),
        ({"k\x1b[2J\u202e": 1}, "k\\x1b[2J\\u202e = 1: unknown key"),
        ({"title": 10**900}, "title = 1000"),
    ],
)  # fmt: skip
def test_more_than_a_run_can_hold_is_refused_with_the_limit(bench, changes, said):
    assert said in refused(bench, **changes)


def test_the_spectrum_of_one_file_at_most_is_read_and_no_pipe_waited_for(bench, monkeypatch):
    os.mkfifo(bench.folder / "pipe.npz")
    (bench.folder / "loop.npz").symlink_to("loop.npz")
    for name in ("pipe.npz", "loop.npz"):
        assert "no such file" in refused(bench, spectrum={"kind": "table", "path": name})
    (bench.folder / "large.npz").write_bytes(b"1234")
    monkeypatch.setattr("scalefront.study.spectrum.MAX_BYTES", 3)
    assert "at most 3 bytes" in refused(bench, spectrum={"kind": "table", "path": "large.npz"})


def test_the_largest_study_is_read_in_seconds_with_all_its_stability_limits(bench):
    grid = {"curves": "theory", "width": {"start": 1e9, "stop": 1e14, "points": 33_333}, "samples": [10, 100, INF]}
    dynamics = {"optimizer": "gradient_descent", "learning_rate": 0.01}
    content = bench.changed(sweep=grid, dynamics=dynamics, spectrum__modes=1e15)
    started = time.perf_counter()
    study = bench.load(content)
    check_files(study)
    assert len(study.points) == 99_999
    assert time.perf_counter() - started < 60


def test_every_time_and_value_between_the_ends_of_a_range_is_finite_however_far_they_are(bench):
    content = bench.changed(time={"start": 5e-324, "stop": 1e308, "points": 7, "limit": True})
    assert all(map(math.isfinite, bench.load(content).time[:-1]))
    grid = {"label_noise": {"start": 5e-324, "stop": 1, "points": 5}, "width": 8, "samples": INF}
    values = [point.parameters["label_noise"] for point in bench.load(bench.changed(sweep=grid)).points.values()]
    assert min(values) == 5e-324 and max(values) == 1 and sorted(values)[2] == pytest.approx(2.2e-162, rel=0.02)


def test_minus_zero_is_zero(bench):
    grids = [{"width": 8, "samples": INF, "label_noise": noise} for noise in (0.0, -0.0)]
    study = bench.load(bench.changed(sweep=grids, time={"values": [-0.0, 1]}))
    assert len(study.points) == 1 and math.copysign(1, study.time[0]) == 1
    momenta = [{"width": 8, "samples": INF} | MOMENTUM | {"momentum": [value]} for value in (0.0, -0.0)]
    assert len(bench.load(bench.changed(sweep=momenta)).points) == 1


def test_points_without_a_word_that_is_fanned_out_share_a_shard(bench):
    grids = [{"width": 8, "samples": INF, "fan_out": ["momentum"]} | words for words in ({}, MOMENTUM)]
    names = [shard.name for shard in bench.load(bench.changed(sweep=grids)).shards["simulation"]]
    assert names == ["momentum-0.5", "momentum-0.9", "momentum-none"]


def test_without_a_bottleneck_any_capacity_can_be_simulated(bench):
    bench.load(bench.changed(spectrum__capacity=20, sweep__0__width=[INF]))


def test_samples_beyond_the_dimensions_cost_no_memory(bench):
    content = bench.changed(sweep__0__samples=[1e12], sweep__0__width=[8, INF])
    assert len(bench.load(content).points) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a\ntitle: b\n", "found duplicate key"),
        ("title: !!python/object:os.system x\n", "tags are not allowed"),
        ("title: &a x\nmodel: *a\n", "anchors are not allowed"),
        ("title: [1, 2\n", "line"),
        ("- a\n- b\n", "must be a mapping"),
        ("title: a\n---\ntitle: b\n", "expected a single document"),
        ("[" * 200_000, "line 1: nested too deeply"),
        ("- " * 100_000, "line 1: nested too deeply"),
        ("x" * 250_001, "larger than 250000 bytes"),
        ("\x00", "small.yaml"),
        ("<<: {title: a}\n", "line 1: merge keys are not allowed"),
        ("{[a]: b}\n", "a key is a text or a number"),
        ("? {a: b}\n: c\n", "a key is a text or a number"),
        ("seed: 1e999\n", "beyond double precision; infinity is .inf"),
        ("seed: " + "9" * 5000, "a whole number of more than 1000 digits"),
        ("seed: 0x" + "f" * 5000, "a whole number of more than 1000 digits"),
        ("seed: -_\n", "not YAML"),
        ('title: "\\U0011FFFF"\n', "not YAML"),
    ],
)
def test_a_file_that_is_no_plain_yaml_is_refused(bench, text, said):
    with pytest.raises(StudyError) as caught:
        bench.load(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["Large.yaml", "1st.yaml", "with-dash.yaml", "simulate.yaml", "all.yaml"])
def test_a_name_that_is_reserved_or_no_name_is_refused(bench, name):
    with pytest.raises(StudyError, match=name):
        bench.load(bench.changed(), name)


def test_dates_are_text_and_windows_line_ends_are_read(bench):
    content = bench.write(bench.changed(title="x")).read_text().replace("title: x", "title: 2024-02-30")
    path = bench.folder / "small.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode())
    assert load_study(path).title == "2024-02-30"


@pytest.mark.parametrize("name", ["a" * 101 + ".yaml", "a\x00.yaml", "a\nb.yaml"])
def test_a_name_that_no_folder_should_have_is_refused_in_one_line(bench, name):
    with pytest.raises(StudyError) as caught:
        load_study(bench.folder / name)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000


def test_a_study_that_is_no_plain_file_is_refused(bench):
    os.mkfifo(bench.folder / "pipe.yaml")
    (bench.folder / "folder.yaml").mkdir()
    for name in ("pipe.yaml", "folder.yaml"):
        with pytest.raises(StudyError, match="not a plain file"):
            load_study(bench.folder / name)


def test_a_refusal_is_one_printable_line_of_bounded_length():
    problem = StudyError("a\x1b\n" + "f" * 2000, "k" * 2000, 10**5000, "\ud800\u202e" + "w" * 5000)
    assert str(problem).isprintable() and len(str(problem)) == 1000
    assert "a number of thousands of digits" in str(problem)


def test_a_missing_file_is_refused(bench):
    with pytest.raises(StudyError, match="no such file"):
        load_study(bench.folder / "absent.yaml")


@pytest.mark.parametrize("path", ["absent.npz", "absent.txt", "bundled:faces", "a" * 5000 + ".npz"])
def test_a_spectrum_file_that_is_missing_is_refused(bench, path):
    assert "spectrum.path" in refused(bench, spectrum={"kind": "data", "path": path, "target": "y"})


KEYS = st.sampled_from(["title", "seeds", "spectrum", "time", "sweep", "fits", "frontier", "claims", "figures", "x"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(string.printable, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_lowercase, max_size=6), inner),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=KEYS, value=JUNK)
def test_whatever_stands_under_a_key_is_read_or_refused_in_one_line(bench, key, value):
    try:
        bench.load(bench.changed() | {key: value})
    except StudyError as problem:
        assert "\n" not in str(problem)


def test_a_prediction_asked_outside_its_range_says_so(bench):
    changes = claiming(predicted="width_bottleneck_paper") | {"spectrum__source": 1.6}
    assert "source < 1" in bench.load(bench.changed(**changes)).claims[0]["outside"]
    inside = claiming(predicted="width_bottleneck_paper")
    assert bench.load(bench.changed(**inside)).claims[0]["outside"] == ""
