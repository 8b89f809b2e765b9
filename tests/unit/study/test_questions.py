"""Fits, frontiers and claims of a study: what is read of each law, and every way in which one is refused."""

import math

import pytest
from scalefront.errors import StudyError

INF = math.inf
WIDTHS, SAMPLES = [8, 16, 32, 64, 128, INF], [10, 100, INF]
SWEEP = [{"curves": ["theory"], "width": WIDTHS, "samples": SAMPLES}, {"width": [8], "samples": [INF]}]
EARLY = {"of": "test_loss", "against": "width", "where": {"samples": INF, "time": 1.0, "kind": "theory"}}
OVER = {"excess_over": {"width": INF}}
POINT = {"width": 8, "samples": 10, "time": 10.0, "kind": "theory"}
RATIO = {"of": "test_loss", "law": "ratio", "where": POINT, "to": {"width": INF}}
ONSET = {
    "of": "test_loss",
    "law": "onset",
    "against": "width",
    "threshold": 1,
    "where": {"samples": INF, "kind": "theory"},
}
GAP_ONSET = {"of": "gap", "law": "onset", "against": "width", "threshold": 0.1, "where": {"samples": 10}}
FRONTIER = {"size": "width", "compute": ["width", "time"], "budget": "samples", "where": {"kind": "theory"}}


def fit_of(bench, fit):
    return bench.load(bench.changed(sweep=SWEEP, fits={"one": fit})).fits["one"]


def test_a_power_fit_may_be_of_the_gap_and_over_a_reference(bench):
    fit = fit_of(bench, EARLY | OVER | {"of": "gap"})
    assert (fit["of"], fit["law"], fit["excess_over"]) == ("gap", "power", {"width": INF})
    assert fit_of(bench, EARLY)["excess_over"] is None


def test_a_reference_may_lack_a_word_that_the_curve_has(bench):
    words = [{}, {"optimizer": "gradient_descent", "learning_rate": 0.5}]
    grids = [{"curves": ["theory"], "width": [8], "samples": [INF]} | more for more in words]
    over = {"optimizer": "gradient_flow", "learning_rate": None}
    fit = {"of": "test_loss", "against": "time", "where": {"learning_rate": 0.5}, "excess_over": over}
    study = bench.load(bench.changed(sweep=grids, fits={"one": fit}))
    assert study.fits["one"]["excess_over"] == over
    assert study.fits["one"]["where"] == {"learning_rate": 0.5}


def test_a_ratio_is_of_two_points_or_of_two_times(bench):
    assert fit_of(bench, RATIO | {"predicted": 2})["predicted"] == 2.0
    assert fit_of(bench, RATIO)["to"] == {"width": INF}
    lowest = fit_of(bench, RATIO | {"where": POINT | {"time": "lowest"}, "to": {"samples": INF, "time": INF}})
    assert (lowest["where"]["time"], lowest["to"]) == ("lowest", {"samples": INF, "time": INF})
    assert fit_of(bench, RATIO | {"to": {"time": "lowest"}})["to"] == {"time": "lowest"}


def test_an_onset_is_of_an_excess_or_of_the_gap(bench):
    assert fit_of(bench, ONSET | OVER | {"predicted": "time_bottleneck"})["threshold"] == 1.0
    assert fit_of(bench, GAP_ONSET)["excess_over"] is None


def test_a_fit_against_a_word_that_some_points_do_not_have_counts_those_that_do(bench):
    rates = [0.1, 0.2, 0.3, 0.4, 0.5]
    grid = {
        "curves": ["theory"],
        "width": [8],
        "samples": [INF],
        "optimizer": "gradient_descent",
        "learning_rate": rates,
    }
    fit = {"of": "test_loss", "against": "learning_rate", "where": {"optimizer": "gradient_descent", "time": 10.0}}
    content = bench.changed(sweep=[{"width": 8, "samples": INF}, grid], fits={"one": fit})
    assert bench.load(content).fits["one"]["against"] == "learning_rate"


def test_a_frontier_with_budgets_has_the_predictions_of_infinite_samples(bench):
    frontier = bench.load(bench.changed(sweep=SWEEP, frontier=FRONTIER)).frontier
    plain = FRONTIER | {"budget": None, "where": {"samples": INF, "kind": "theory"}}
    assert frontier["budget"] == "samples"
    assert frontier["predicted"] == bench.load(bench.changed(sweep=SWEEP, frontier=plain)).frontier["predicted"] != {}


@pytest.mark.parametrize(
    "quantity",
    [
        "one.ratio",
        "one.ratio:theory",
        "frontier.envelope.size_exponent",
        "frontier.envelope.samples-10.loss_exponent:theory",
        "frontier.envelope.binding_exponent",
    ],
)
def test_claims_may_name(bench, quantity):
    claim = {"id": "c", "statement": "s", "quantity": quantity, "relation": "below", "predicted": 1}
    study = bench.load(bench.changed(sweep=SWEEP, fits={"one": RATIO}, frontier=FRONTIER, claims=[claim]))
    assert study.claims[0]["quantity"] == quantity


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        (EARLY | {"of": "mind_the_gap"}, "test_loss, train_loss, gap"),
        (EARLY | {"excess_over": {"depth": 3}}, "fits.one.excess_over.depth"),
        (EARLY | {"excess_over": {"width": 0}}, "excess_over.width = 0: must be a whole number >= 1"),
        (EARLY | {"excess_over": {"width": None}}, "excess_over.width"),
        (EARLY | {"excess_over": {"time": 3.0}}, "excess_over.time"),
        (EARLY | {"excess_over": {}}, "other values than the theory curves"),
        (EARLY | {"excess_over": {"samples": INF}}, "other values than the theory curves of where have themselves"),
        (EARLY | {"excess_over": {"samples": 50}}, "the sweep holds: it has no such theory curve for width = 8"),
        (EARLY | OVER | {"threshold": 1}, "fits.one.threshold"),
        (RATIO | {"to": {}}, "other values than the theory curves"),
        (RATIO | {"to": {"width": 9}}, "it has no such theory curve for samples = 10"),
        (RATIO | {"to": {"time": "highest"}}, "to.time = 'highest': a time of the grid"),
        (RATIO | {"where": {"width": 8, "samples": 10, "kind": "theory"}}, "where.time: missing: a time of the grid"),
        (RATIO | {"where": POINT | {"time": 1e9}}, "where.time = 1000000000.0"),
        (RATIO | {"where": {"samples": 10, "time": 1.0}}, "must also fix width"),
        (RATIO | {"predicted": "time_bottleneck"}, "predicted = 'time_bottleneck': must be a number"),
        (RATIO | {"window": "auto"}, "fits.one.window"),
        (RATIO | {"where": {"width": 8, "samples": INF, "time": 1}, "to": {"samples": 10}}, "no such simulation curve"),
        (ONSET, "excess_over: missing: an onset is that of the gap"),
        (ONSET | OVER | {"threshold": 0}, "threshold = 0: must be > 0"),
        (ONSET | OVER | {"threshold": None}, "fits.one.threshold: missing"),
        (ONSET | OVER | {"against": "time"}, "fits.one.against = 'time'"),
        (ONSET | OVER | {"where": {"samples": INF, "time": 1.0}}, "where.time"),
        (GAP_ONSET | {"threshold": 1}, "threshold = 1: must be < 1"),
        (GAP_ONSET | {"against": "samples", "where": {"width": 8}}, "at least 5 finite values"),
    ],
)  # fmt: skip
def test_a_fit_is_refused_with_its_key_value_and_what_is_allowed(bench, fit, said):
    with pytest.raises(StudyError) as caught:
        fit_of(bench, fit)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": "width"}, "frontier.budget = 'width': one of: samples"),
        ({"size": "samples", "compute": ["samples", "time"]}, "another word than the size"),
        ({"where": {"samples": INF, "kind": "theory"}}, "a finite number of samples with 3 finite values of width"),
        ({"where": {"width": INF, "kind": "theory"}}, "a finite number of samples with 3 finite values of width"),
        ({"budget": None}, "must also fix samples"),
    ],
)
def test_a_frontier_is_refused_with_its_key_value_and_what_is_allowed(bench, changes, said):
    with pytest.raises(StudyError) as caught:
        bench.load(bench.changed(sweep=SWEEP, frontier=FRONTIER | changes))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_the_gap_of_measured_rows_is_refused(bench):
    fit = {"of": "gap", "against": "time", "where": {"width": 8, "samples": 100}}
    changes = {"spectrum": {"kind": "data", "path": "bundled:digits", "target": "half"}, "fits": {"one": fit}}
    with pytest.raises(StudyError, match="measured rows hold noise that is not in label_noise"):
        bench.load(bench.changed(sweep=[{"width": [8, 16], "samples": [100, INF]}], **changes))
