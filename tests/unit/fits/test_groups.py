"""Fits ``by`` words: every group gives the numbers that a fit of its own gives, from one pass over the table."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table

INF = np.inf
TIMES = np.append(np.geomspace(1, 1e5, 41), INF)
WIDTHS = [8.0 * 2**k for k in range(7)] + [INF]
SOURCES, NOISES = (0.4, 0.6), (0.0, 0.1)
GROUPS = {f"source-{s}_label_noise-{n:g}": {"source": s, "label_noise": n} for s in SOURCES for n in NOISES}
BY = {"by": ["source", "label_noise"]}
TIME_FIT = {"of": "test_loss", "against": "time", "where": {"width": INF}, "law": "power", "window": "auto"}
EARLY = {"of": "test_loss", "against": "width", "where": {"time": 1e5}, "law": "power", "window": "auto"}
FRONTIER = {"size": "width", "compute": ["width", "time"], "methods": ["envelope"], "where": {}}


@pytest.fixture(scope="module")
def curves(curve_rows):
    """L = (1 + noise) (N^-source + t^-source), theory and six runs, of all groups."""

    def group(source, noise, **more):
        def loss(width, _, time):
            return (1 + noise) * (width**-source + time**-source)

        return curve_rows(loss, WIDTHS, times=TIMES, source=source, label_noise=noise, **more)

    runs = {"seeds": 6, "scatter": 0.02}
    return pd.concat([group(s, n, **more) for s in SOURCES for n in NOISES for more in ({}, runs)], ignore_index=True)


def groups(predicted):
    return BY | {"groups": {name: {"where": values, "predicted": predicted} for name, values in GROUPS.items()}}


def of_their_own(name, fit):
    return {f"{name}.{group}": fit | {"where": fit["where"] | values} for group, values in GROUPS.items()}


@pytest.mark.parametrize(
    "fit",
    [
        TIME_FIT,
        EARLY | {"excess_over": {"width": INF}},
        EARLY | {"where": {"time": INF}, "excess_over": {"label_noise": 0.0}},  # the reference is of another group
        {"law": "ratio", "where": {"width": 8.0, "time": 1e5}, "to": {"width": INF, "time": 10.0}},
        {"law": "onset", "against": "width", "where": {}, "threshold": 1.0, "excess_over": {"width": INF}},
    ],
)
def test_groups_give_the_numbers_of_fits_of_their_own(curves, fit):
    together, _ = fit_table(curves, {"chi": fit | groups(-0.5)})
    alone, _ = fit_table(curves, of_their_own("chi", fit | {"predicted": -0.5}))
    pd.testing.assert_frame_equal(together, alone)
    assert together["value"].notna().any()


def test_groups_of_a_frontier_give_the_numbers_of_frontiers_of_their_own(curves):
    theory = curves[curves["kind"] == "theory"]  # resamples are seeded by the name
    predicted = {"size_exponent": 0.5}
    together = fit_table(theory, {}, FRONTIER | groups(predicted))
    assert together[1]["fit"].unique().tolist() == [f"frontier.envelope.{group}" for group in GROUPS]
    name, values = list(GROUPS.items())[2]
    alone = fit_table(theory, {}, FRONTIER | {"where": values, "predicted": predicted})
    for all_groups, one in zip(together, alone, strict=True):
        ours = all_groups[all_groups["fit"] == f"frontier.envelope.{name}"]
        pd.testing.assert_frame_equal(ours.drop(columns="fit").reset_index(drop=True), one.drop(columns="fit"))


def test_the_groups_of_a_frontier_have_their_own_exponents(curves, fitted):
    """N t = C, L = N^-s + t^-s: N* ~ C^(1/2), L* ~ C^(-s/2)."""
    fits, _ = fit_table(curves[curves["kind"] == "theory"], {}, FRONTIER | groups(None))
    for group, values in GROUPS.items():
        found = fitted(fits, f"frontier.envelope.{group}", "loss_exponent")
        assert found["value"] == pytest.approx(-values["source"] / 2, abs=2e-3)


def with_data(width, samples, time):
    return width**-0.5 + samples**-0.5 + time**-0.5


def test_what_binds_in_a_group_of_samples_is_seen_at_infinite_samples(curve_rows):
    curves = curve_rows(with_data, WIDTHS, [100.0, 1000.0, INF], times=TIMES)
    told = {f"samples-{size:g}": {"where": {"samples": size}, "predicted": None} for size in (100.0, 1000.0)}
    _, points = fit_table(curves, {}, FRONTIER | {"by": ["samples"], "groups": told})
    _, alone = fit_table(curves, {}, FRONTIER | {"where": {"samples": 100.0}})
    first = points[points["fit"] == "frontier.envelope.samples-100"]
    pd.testing.assert_frame_equal(first.drop(columns="fit"), alone.drop(columns="fit"))
    assert "samples" in set(points["binds"])


def test_points_of_budgets_name_their_fit(curve_rows):
    spec = FRONTIER | {"budget": "samples"}
    fits, points = fit_table(curve_rows(with_data, WIDTHS, [100.0, 1000.0, INF], times=TIMES), {}, spec)
    assert set(points["fit"]) == {"frontier.envelope.samples-100", "frontier.envelope.samples-1000"} <= set(fits["fit"])


def test_a_group_that_the_table_does_not_hold_is_a_row_without_data(curves):
    absent = BY | {"groups": {"source-2_label_noise-0": {"where": {"source": 2.0, "label_noise": 0.0}, "predicted": 1}}}
    fits, points = fit_table(curves, {"chi": TIME_FIT | absent}, FRONTIER | absent)
    assert set(fits["status"]) == {"no_data"} and points.empty
    assert fits["fit"].str.endswith(".source-2_label_noise-0").all()


def test_a_word_that_some_curves_lack_makes_a_group(curves):
    flow = curves[(curves["kind"] == "theory") & (curves["source"] == 0.4) & (curves["label_noise"] == 0.0)]
    steps = flow.assign(learning_rate=0.5, point=flow["point"] + "steps", test_loss=1.0 + flow["test_loss"])
    table, rates = pd.concat([flow, steps]), {"none": None, "half": 0.5}
    told = {name: {"where": {"learning_rate": rate}, "predicted": None} for name, rate in rates.items()}
    fits, _ = fit_table(table, {"chi": TIME_FIT | {"window": [10, 1e5], "by": ["learning_rate"], "groups": told}})
    values = fits[fits["parameter"] == "exponent"].set_index("fit")["value"]
    assert values["chi.none"] == pytest.approx(-0.4) and values["chi.half"] > -0.1
