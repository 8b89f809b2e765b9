"""Fits, frontiers and claims ``by`` words: one for every group of curves that share the values of these."""

import json
import math

import pytest
from scalefront.errors import StudyError

INF = math.inf
WIDTHS, SOURCES, NOISES = [8, 16, 32, 64, 128, INF], [0.5, 1.5], [0.0, 0.25]
GRID = {"curves": ["theory"], "width": WIDTHS, "samples": [INF], "source": SOURCES, "label_noise": NOISES}
SINGLE = {"curves": ["theory"], "width": [8, INF], "samples": [INF], "source": [0.75]}
BY = {"by": ["source", "label_noise"]}
FIT = {"of": "test_loss", "against": "time", "where": {"width": INF}} | BY
EARLY = {"of": "test_loss", "against": "width", "where": {"time": 1.0}} | BY
RATIO = {"of": "test_loss", "law": "ratio", "where": {"width": 8, "time": 1.0}, "to": {"width": INF}} | BY
ONSET = {"of": "test_loss", "law": "onset", "against": "width", "threshold": 1, "excess_over": {"width": INF}} | BY
FRONTIER = {"size": "width", "compute": ["width", "time"]} | BY
CLAIM = {"id": "slope", "statement": "L ~ t^-source", "quantity": "chi.exponent", "relation": "equals"}
CLAIM |= {"predicted": "time_bottleneck", "tolerance": 0.02}
GROUPS = [f"source-{source}_label_noise-{noise}" for source in ("0.5", "1.5") for noise in ("0", "0.25")]


def load(bench, *grids, **changes):
    content = bench.changed(sweep=list(grids or [GRID]), **changes)
    return bench.load(json.loads(json.dumps(content)))  # what stands there twice would become an anchor


def fit_of(bench, fit, *grids):
    return load(bench, *grids, fits={"chi": fit}).fits["chi"]


def claims_of(bench, **changes):
    return load(bench, fits={"chi": FIT}, frontier=FRONTIER, claims=[CLAIM | changes]).claims


def test_a_fit_is_made_for_every_combination_and_predicted_for_each(bench):
    fit = fit_of(bench, FIT | {"predicted": "time_bottleneck"})
    assert (fit["by"], fit["where"], fit["predicted"]) == (["source", "label_noise"], {"width": INF}, None)
    assert list(fit["groups"]) == GROUPS
    values = {"source": 1.5, "label_noise": 0.25}
    assert fit["groups"][GROUPS[-1]] == {"where": values, "predicted": -1.5}  # time_bottleneck: -source


@pytest.mark.parametrize("fit", [EARLY, RATIO, ONSET])
def test_every_law_along_a_curve_may_be_by_words(bench, fit):
    groups = fit_of(bench, fit | {"predicted": 2})["groups"]
    assert list(groups) == GROUPS
    assert {group["predicted"] for group in groups.values()} == {2.0}


def test_a_fit_without_by_has_no_groups(bench):
    where = {"width": INF, "source": 0.5, "label_noise": 0}
    fit = fit_of(bench, {"of": "test_loss", "against": "time", "where": where, "predicted": "time_bottleneck"})
    assert (fit["by"], fit["groups"], fit["predicted"]) == ([], {}, -0.5)


def test_a_group_may_have_words_of_its_own(bench):
    """More modes for one source: each group is one curve."""
    own = [{"source": [0.5], "modes": [200]}, {"source": [1.0], "modes": [900]}]
    grids = [GRID | {"label_noise": [0.0]} | words for words in own]
    assert list(fit_of(bench, FIT | {"by": "source"}, *grids)["groups"]) == ["source-0.5", "source-1"]


def test_a_group_with_too_few_values_has_no_fit(bench):
    assert list(fit_of(bench, EARLY, GRID, SINGLE)["groups"]) == GROUPS
    assert list(load(bench, GRID, SINGLE, frontier=FRONTIER).frontier["groups"]) == GROUPS


def test_a_group_that_is_its_own_reference_has_no_fit(bench):
    over = {"excess_over": {"label_noise": 0}}
    assert list(fit_of(bench, FIT | over)["groups"]) == [GROUPS[1], GROUPS[3]]


def test_a_frontier_by_words_has_the_predictions_of_every_group(bench):
    frontier = load(bench, frontier=FRONTIER).frontier
    assert (list(frontier["groups"]), frontier["predicted"]) == (GROUPS, None)
    hard, easy = (frontier["groups"][group]["predicted"]["size_exponent"] for group in (GROUPS[0], GROUPS[2]))
    # capacity 1.25: 1 - capacity/(1 + capacity), 1 - capacity/(1 + capacity source)
    assert (hard, easy) == pytest.approx((1 / 2.25, 1 - 1.25 / 2.875))


def test_a_claim_on_a_fit_by_words_stands_for_one_on_every_group(bench):
    claims = claims_of(bench)
    assert [claim["id"] for claim in claims] == [f"slope.{group}" for group in GROUPS]
    assert claims[1]["quantity"] == "chi.source-0.5_label_noise-0.25.exponent"
    assert claims[1]["statement"] == "L ~ t^-source, source 0.5, label noise 0.25"
    assert [claim["predicted"] for claim in claims] == [-0.5, -0.5, -1.5, -1.5]


def test_a_claim_may_name_a_frontier_by_words_a_kind_and_one_group(bench):
    claims = claims_of(bench, quantity="frontier.envelope.loss_exponent:theory", predicted="frontier_loss_paper")
    assert claims[0]["quantity"] == f"frontier.envelope.{GROUPS[0]}.loss_exponent:theory"
    assert [bool(claim["outside"]) for claim in claims] == [False, False, True, True]  # stated for source < 1
    (one,) = claims_of(bench, quantity=f"frontier.envelope.{GROUPS[3]}.loss_exponent", predicted="frontier_loss")
    assert (one["id"], one["statement"]) == ("slope", "L ~ t^-source")
    assert one["predicted"] == pytest.approx(-1.875 / 2.875)  # -capacity source/(1 + capacity source)


def test_where_chooses_groups_of_a_claim(bench):
    claims = claims_of(bench, where={"label_noise": 0.25})
    assert [claim["id"] for claim in claims] == [f"slope.{group}" for group in (GROUPS[1], GROUPS[3])]


def test_the_smaller_tolerance_counts(bench):
    tolerances = [claim["tolerance"] for claim in claims_of(bench, relative_tolerance=0.02)]
    assert tolerances == pytest.approx([0.01, 0.01, 0.02, 0.02])
    assert claims_of(bench, relative_tolerance=0.02, predicted=0)[0]["tolerance"] == 0.02  # zero has no share


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        (FIT | {"by": "colour"}, "fits.chi.by = 'colour': allowed: "),
        (FIT | {"by": []}, "fits.chi.by = []: at least one of: "),
        (FIT | {"by": ["source", "source"]}, "fits.chi.by = ['source', 'source']: each name once"),
        (FIT | {"by": 3}, "fits.chi.by = 3: must be a list"),
        (FIT | {"by": ["time"]}, "fits.chi.by = 'time': allowed: "),
        (EARLY | {"by": ["width"]}, "fits.chi.by = 'width': other words than against"),
        (FIT | {"by": "source"}, "fits.chi.where = {'width': inf}: must also fix label_noise: several theory curves"),
        (FIT | {"where": {}}, "must also fix width"),
        (EARLY | {"against": "samples", "where": {"width": 8, "time": 1.0}}, "at least 5 finite values of it among"),
        (FIT | {"law": "relative_difference"}, "unknown key"),
        (FIT | {"excess_over": {"label_noise": 0.5}}, "it has no such theory curve"),
    ],
)
def test_a_fit_by_words_is_refused_with_its_key_value_and_what_is_allowed(bench, fit, said):
    with pytest.raises(StudyError) as caught:
        fit_of(bench, fit)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"by": ["width"]}, "frontier.by = 'width': other words than size"),
        ({"budget": "samples"}, "frontier.by = ['source', 'label_noise']: a frontier without budget"),
        ({"by": "source"}, "must also fix label_noise"),
        ({"where": {"width": 8}}, "frontier.by = ['source', 'label_noise']: words of which some values have 3 finite"),
    ],
)
def test_a_frontier_by_words_is_refused_with_its_key_value_and_what_is_allowed(bench, changes, said):
    with pytest.raises(StudyError) as caught:
        load(bench, frontier=FRONTIER | changes)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"where": {"label_noise": 0.3}}, "claims[0].where = {'label_noise': 0.3}: matches no point"),
        ({"where": {"label_noise": -1}}, "claims[0].where.label_noise = -1: must be a number >= 0"),
        ({"where": {"width": 8}}, "claims[0].where.width = 8: unknown key; allowed: label_noise, source"),
        ({"quantity": f"chi.{GROUPS[0]}.exponent", "where": {"source": 0.5}}, "a quantity of a fit with `by`"),
        ({"quantity": "chi.source-0.6_label_noise-0.exponent"}, "claims[0].quantity"),
        ({"quantity": f"chi.{GROUPS[0]}"}, "claims[0].quantity"),
        ({"quantity": "chi.exponent:simulation"}, "chi.exponent:theory"),
        ({"quantity": "chi.prefactor"}, "predictions by name are exponents"),
        ({"relative_tolerance": 0}, "claims[0].relative_tolerance = 0: must be > 0"),
        ({"relation": "below", "relative_tolerance": 0.1}, "claims[0].relative_tolerance = 0.1: the relation equals"),
    ],
)  # fmt: skip
def test_a_claim_is_refused_with_its_key_value_and_what_is_allowed(bench, changes, said):
    with pytest.raises(StudyError) as caught:
        claims_of(bench, **changes)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_ids_are_unique_among_the_groups_of_all_claims(bench):
    other = CLAIM | {"id": f"slope.{GROUPS[2]}", "quantity": f"chi.{GROUPS[2]}.exponent"}
    with pytest.raises(StudyError, match=r"claims\[1\].id = 'slope.source-1.5_label_noise-0': each id once"):
        load(bench, fits={"chi": FIT}, claims=[CLAIM, other])


def test_limits_count_every_group(bench):
    grid = GRID | {"width": INF, "source": {"start": 0.5, "stop": 1.5, "points": 201}, "label_noise": 0.0}
    fits = {f"f{number}": FIT | {"by": "source"} for number in range(10)}
    with pytest.raises(StudyError, match="fits = 2010: at most 2000 fits, one for each group"):
        load(bench, grid, fits=fits)
    claims = [CLAIM | {"id": f"c{number}", "quantity": "f0.exponent"} for number in range(10)]
    with pytest.raises(StudyError, match="claims = 2010: at most 2000 claims, one for each group"):
        load(bench, grid, fits={"f0": fits["f0"]}, claims=claims)
