"""Verdicts: the rules of the design, the same for all claims."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalefront.claims import SCHEMA, judge, judge_all, markdown, web_page
from scalefront.fits.fitting import fit_table


def fits_table(value, low, high, fit="fit", parameter="exponent", kind="theory", **changes):
    row = {"fit": fit, "parameter": parameter, "kind": kind, "value": value, "low": low, "high": high, "drift": 0.0}
    told = {"window_low": 10.0, "window_high": 1000.0, "status": "ok", "left_out_because": None}
    return pd.DataFrame([row | told | changes])


def judged(value, low, high, predicted, relation="equals", tolerance=0.02, drift=0.0):
    claim = {
        "id": "c",
        "quantity": "fit.exponent",
        "relation": relation,
        "predicted": predicted,
        "tolerance": tolerance,
    }
    return judge(claim, fits_table(value, low, high, drift=drift))


def verdict(*measured_and_predicted):
    return judged(*measured_and_predicted)["verdict"]


@pytest.mark.parametrize(
    ("value", "low", "high", "predicted", "expected"),
    [
        (-0.40, -0.41, -0.39, -0.40, "confirmed"),
        (-0.415, -0.42, -0.39, -0.40, "confirmed"),
        (-0.40, -0.45, -0.35, -0.40, "inconclusive"),  # 0.1 wide, 0.08 is allowed
        (-0.43, -0.44, -0.41, -0.40, "inconclusive"),  # value off, interval within the tolerance
        (-0.43, -0.44, -0.425, -0.40, "refuted"),
        (-0.43, -0.44, -0.42, -0.40, "inconclusive"),  # meets the tolerance
    ],
)
def test_equality(value, low, high, predicted, expected):
    assert verdict(value, low, high, predicted) == expected


@pytest.mark.parametrize(
    ("predicted", "drift", "expected"),
    [
        (-0.47, -0.04, "inconclusive"),  # reaches -0.46, the tolerance is 0.02
        (-0.4799, -0.04, "inconclusive"),
        (-0.4801, -0.04, "refuted"),
        (-0.47, 0.04, "refuted"),  # drifts away
        (-0.47, 0.0, "refuted"),
        (-0.47, np.nan, "refuted"),  # no exponent
        (-0.43, -0.04, "inconclusive"),  # it has gone by: -0.42 at the end of the window, within the tolerance
        (-0.33, 0.04, "inconclusive"),
        (-0.33, -0.04, "refuted"),
        (-0.40, 5.0, "confirmed"),  # a drift takes away no other verdict
    ],
)
def test_an_exponent_that_drifts_towards_its_prediction_is_not_refuted(predicted, drift, expected):
    """Measured -0.4 +- 0.005; at the end of the window value + drift/2, after as long again value + 3/2 drift."""
    assert judged(-0.4, -0.405, -0.395, predicted, drift=drift)["verdict"] == expected


def test_the_reason_tells_the_trend():
    reason = judged(-0.4, -0.405, -0.395, -0.47, drift=-0.04)["reason"]
    assert reason == (
        "the interval lies 0.065 from the prediction, but the exponent is still drifting towards it: by -0.04 over the"
        " window"
    )


def judged_since(since, window, relation="equals", **measured):
    table = fits_table(**{"value": -1.5, "low": -1.51, "high": -1.49, "drift": 0.3} | measured)
    table = table.assign(window_low=window[0], window_high=window[1])
    claim = {"id": "c", "quantity": "fit.exponent", "relation": relation, "predicted": -1.5, "tolerance": 0.02}
    return judge(claim | ({} if since is None else {"since": since}), table)


@pytest.mark.parametrize("relation", ["equals", "below", "above"])
@pytest.mark.parametrize(("since", "window"), [(101, (10, 1000)), (1e4, (10, 1000)), (np.inf, (10, 1000))])
def test_a_window_before_the_predicted_power_rules_judges_nothing(relation, since, window):
    """Less than half of it, in log x, lies beyond ``since``: neither confirmed nor refuted."""
    for value in (-1.5, -2.5, -0.5):
        found = judged_since(since, window, relation, value=value, low=value - 0.01, high=value + 0.01)
        assert found["verdict"] == "inconclusive"


def test_the_reason_tells_since_when_the_power_rules_and_the_trend():
    assert judged_since(2e4, (10, 1000))["reason"] == (
        "another power comes before the predicted one, up to x = 2e+04; the exponent drifts by 0.3 over the window "
        "[10, 1e+03]"
    )


@pytest.mark.parametrize("since", [0.0, 10.0, 100.0])
@pytest.mark.parametrize("relation", ["equals", "below", "above"])
def test_a_window_of_which_half_lies_beyond_is_judged_as_ever(relation, since):
    for value in (-1.5, -1.6, -1.4):
        measured = {"value": value, "low": value - 0.01, "high": value + 0.01, "drift": 0.0}
        assert judged_since(since, (10, 1000), relation, **measured) == judged_since(
            None, (10, 1000), relation, **measured
        )
    assert judged_since(since, (10, 1000))["verdict"] == "confirmed"


def test_a_quantity_without_a_window_is_judged_where_nothing_comes_before():
    assert judged_since(0.0, (np.nan, np.nan))["verdict"] == "confirmed"


@pytest.mark.parametrize("relation", ["below", "above"])
def test_a_drift_does_not_change_what_an_inequality_says(relation):
    still, drifting = (judged(0.4, 0.3, 0.5, 0.2, relation, drift=drift) for drift in (0.0, -9.0))
    assert still["verdict"] == drifting["verdict"]


@pytest.mark.parametrize(
    ("low", "high", "below", "above"),
    [
        (0.1, 0.2, "confirmed", "refuted"),
        (0.4, 0.5, "refuted", "confirmed"),
        (0.2, 0.4, "inconclusive", "inconclusive"),
        (0.3, 0.4, "refuted", "inconclusive"),
        (0.2, 0.3, "inconclusive", "refuted"),
    ],
)
def test_inequality_needs_the_whole_interval_on_one_side(low, high, below, above):
    middle = (low + high) / 2
    assert verdict(middle, low, high, 0.3, "below", np.nan) == below
    assert verdict(middle, low, high, 0.3, "above", np.nan) == above


def test_swapping_two_predictions_swaps_both_verdicts():
    """Data of exponents -1.25 and -2: each is confirmed by its own prediction and refuted by the other's."""
    time = np.geomspace(1, 1e4, 41)
    columns = {"study": "s", "kind": "theory", "point": "p", "seed": None, "time": time, "status": "ok"}
    curves = pd.concat(
        pd.DataFrame(columns | {"source": -p, "test_loss": time**p * (1 + 0.01 / time)}) for p in (-1.25, -2.0)
    )
    spec = {"against": "time", "law": "power", "window": "auto"}
    fits, _ = fit_table(curves, {"hard": spec | {"where": {"source": 1.25}}, "easy": spec | {"where": {"source": 2.0}}})

    def verdicts(hard, easy):
        claims = [
            {"id": name, "quantity": f"{name}.exponent", "relation": "equals", "predicted": p, "tolerance": 0.02}
            for name, p in (("hard", hard), ("easy", easy))
        ]
        return judge_all("s", "arXiv:2402.01092", claims, fits)["verdict"].tolist()

    assert verdicts(-1.25, -2.0) == ["confirmed", "confirmed"]
    assert verdicts(-2.0, -1.25) == ["refuted", "refuted"]


NUMBER = st.floats(-10, 10).map(lambda x: round(x * 64) / 64)  # sums and shifts are exact
LENGTH = st.integers(0, 128).map(lambda n: n / 64)


@settings(deadline=None)
@given(NUMBER, LENGTH, LENGTH, NUMBER, LENGTH)
def test_verdict_on_an_equality_is_exactly_its_rule(value, below, above, predicted, tolerance):
    low, high = value - below, value + above
    confirmed = abs(value - predicted) <= tolerance and high - low <= 4 * tolerance
    refuted = predicted + tolerance < low or predicted - tolerance > high
    assert not (confirmed and refuted)
    expected = "confirmed" if confirmed else "refuted" if refuted else "inconclusive"
    assert verdict(value, low, high, predicted, "equals", tolerance) == expected


@settings(deadline=None)
@given(NUMBER, LENGTH, LENGTH, NUMBER, st.sampled_from(["equals", "below", "above"]), NUMBER)
def test_shifting_data_and_prediction_together_changes_nothing(value, below, above, predicted, relation, shift):
    low, high = value - below, value + above
    moved = verdict(value + shift, low + shift, high + shift, predicted + shift, relation, 0.25)
    assert moved == verdict(value, low, high, predicted, relation, 0.25)


@settings(deadline=None)
@given(NUMBER, LENGTH, LENGTH, NUMBER)
def test_below_and_above_are_mirror_images(value, below, above, predicted):
    mirrored = verdict(-value, -value - above, -value + below, -predicted, "above")
    assert mirrored == verdict(value, value - below, value + above, predicted, "below")


def test_quantity_may_have_dots_and_a_kind():
    fits = pd.concat(
        fits_table(value, value - 0.01, value + 0.01, "frontier.envelope", "size_exponent", kind)
        for value, kind in ((0.3, "simulation"), (0.5, "theory"))
    )
    claim = {"id": "c", "relation": "equals", "predicted": 0.5, "tolerance": 0.02}
    assert judge(claim | {"quantity": "frontier.envelope.size_exponent"}, fits)["value"] == 0.5
    assert judge(claim | {"quantity": "frontier.envelope.size_exponent:simulation"}, fits)["value"] == 0.3


def test_a_group_is_named_by_its_fit_dots_of_its_numbers_among_them():
    first, second = "chi.source-0.5_richness-1e-05", "chi.source-0.6_richness-1"
    fits = pd.concat([fits_table(-0.5, -0.51, -0.49, first), fits_table(-0.7, -0.71, -0.69, second)])
    claim = {"id": "c", "relation": "equals", "predicted": -0.5, "tolerance": 0.02}
    claims = [claim | {"quantity": quantity} for quantity in (f"{first}.exponent:theory", f"{second}.exponent")]
    assert judge_all("s", "p", claims, fits)["verdict"].tolist() == ["confirmed", "refuted"]


def test_a_budget_is_named_by_its_fit_and_a_ratio_of_theory_is_exact():
    fits = pd.concat(
        [
            fits_table(0.5, 0.49, 0.51, "frontier.envelope", "size_exponent"),
            fits_table(0.3, 0.29, 0.31, "frontier.envelope.samples-100", "size_exponent"),
            fits_table(2.0, 2.0, 2.0, "stop", "ratio"),
        ]
    )
    claim = {"id": "c", "relation": "equals", "predicted": 2.0, "tolerance": 1e-6}
    assert judge(claim | {"quantity": "frontier.envelope.samples-100.size_exponent"}, fits)["value"] == 0.3
    assert judge(claim | {"quantity": "stop.ratio:theory"}, fits)["verdict"] == "confirmed"
    assert (
        judge(claim | {"quantity": "stop.ratio", "relation": "above", "predicted": 2.0}, fits)["verdict"] == "refuted"
    )


def test_fit_without_a_window_is_inconclusive_with_its_reason():
    claim = {"id": "c", "quantity": "fit.exponent", "relation": "equals", "predicted": -0.4, "tolerance": 0.02}
    fits = fits_table(np.nan, np.nan, np.nan, status="no_window", left_out_because="steady over 0.4 decades")
    found = judge(claim, fits)
    assert (found["verdict"], found["reason"]) == ("inconclusive", "no_window: steady over 0.4 decades")


def test_missing_fit_interval_or_prediction_is_inconclusive():
    claim = {"id": "c", "quantity": "fit.exponent", "relation": "equals", "predicted": -0.4, "tolerance": 0.02}
    assert judge(claim | {"quantity": "other.exponent"}, fits_table(0, 0, 0))["reason"] == "no fit gives other.exponent"
    assert judge(claim, fits_table(-0.4, np.nan, np.nan))["reason"] == "the fit has no interval"
    assert judge(claim | {"predicted": np.nan}, fits_table(-0.4, -0.4, -0.4))["reason"] == "there is no prediction"


def test_table_has_the_columns_of_the_contract_even_when_empty():
    assert list(judge_all("s", "p", [], fits_table(0, 0, 0)).columns) == list(SCHEMA)


def test_markdown_shows_prediction_measurement_and_verdict():
    claim = {"id": "c", "statement": "|L| ~ t^-b", "quantity": "fit.exponent", "relation": "equals"}
    table = judge_all("lazy", "p", [claim | {"predicted": -0.4, "tolerance": 0.02}], fits_table(-0.401, -0.41, -0.39))
    line = markdown(table).splitlines()[2]
    assert line.startswith("| lazy | \\|L\\| ~ t^-b | -0.4 ± 0.02 | -0.401 [-0.41, -0.39] | confirmed |")


def test_the_web_page_shows_every_claim_and_escapes_its_text():
    row = {"study": "s", "statement": "a <b> & c", "predicted": -0.5, "value": -0.501, "low": -0.51, "high": -0.49}
    row |= {"relation": "equals", "tolerance": 0.02, "verdict": "refuted", "reason": "none"}
    page = web_page(pd.DataFrame([row, row | {"verdict": "confirmed"}]))
    assert page.count("<tr class=") == 2 and "a &lt;b&gt; &amp; c" in page and "-0.501 [-0.51, -0.49]" in page
