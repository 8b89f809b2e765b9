"""Frontiers with a budget of data on L = N^-a + P^-b + t^-c, and what binds at an optimum.

At N t = C the optimum has a N^-a = c t^-c, whatever the samples: N^(a + c) = (a/c) C^c. Without one of the limits its
term is gone, so that the largest term binds; for a > c that is t^-c, until P^-b is larger: t* = P^(b/c) and
N*^-a = (c/a) P^-b, which is at C = (a/c)^(1/a) P^(b/a + b/c).
"""

import numpy as np
import pytest
from scalefront.fits.fitting import FRONTIER_SCHEMA, fit_table

INF = np.inf
A, B, C = 0.8, 0.6, 0.5
WIDTHS = 8 * 2.0 ** np.arange(11)
BUDGETS = 10.0 ** np.arange(2, 4.1, 0.25)
TIMES = np.append(np.geomspace(0.1, 1e7, 81), INF)
FRONTIER = {"size": "width", "compute": ["width", "time"], "methods": ["envelope"], "budget": "samples", "where": {}}


def loss(width, samples, t):
    return width**-A + samples**-B + t**-C


@pytest.fixture(scope="module")
def theory(curve_rows):
    return curve_rows(loss, [*WIDTHS, INF], [*BUDGETS, INF], times=TIMES)


@pytest.fixture(scope="module")
def tables(theory):
    return fit_table(theory, {}, FRONTIER)


def inside(points):
    return points[~points["edge"]]


def test_the_optimum_of_every_budget_is_that_of_the_closed_form(tables):
    points = inside(tables[1])
    assert list(tables[1].columns) == list(FRONTIER_SCHEMA)
    assert points["budget"].unique().tolist() == BUDGETS.tolist()
    size = (A / C * points["compute"] ** C) ** (1 / (A + C))
    error, bound = np.abs(points["size"] / size - 1), points["binds"] == "samples"
    assert error[~bound].max() < 0.01  # docs/fits.md, "The compute-optimal frontier"
    assert error[bound].max() < 0.02  # the loss hardly depends on the size there
    assert (points["samples"] == points["budget"]).all()  # more data is never worse here
    assert np.abs(points["loss"] / loss(size, points["budget"], points["compute"] / size) - 1).max() < 1e-3


def test_the_largest_term_binds(tables):
    points = inside(tables[1])
    terms = {"time": points["time"] ** -C, "samples": points["budget"] ** -B, "width": points["size"] ** -A}
    largest = np.array(list(terms))[np.argmax(list(terms.values()), axis=0)]
    assert (points["binds"] == largest).mean() > 0.99  # one optimum sits where two terms are equal
    assert set(points["binds"]) == {"time", "samples"}


def test_the_binding_compute_has_the_exponent_of_the_closed_form(tables, fitted):
    found = fitted(tables[0], "frontier.envelope", "binding_exponent")
    assert found["value"] == pytest.approx(B / A + B / C, abs=2e-3)
    assert found["status"] == "ok" and found["interval"] == "sub-windows"
    assert (found["of"], found["against"]) == ("compute", "budget")
    assert fitted(tables[0], "frontier.envelope", "binding_prefactor")["value"] == pytest.approx(
        (A / C) ** (1 / A), rel=0.02
    )


def test_budgets_at_which_samples_are_not_seen_to_begin_to_bind_are_left_out(curve_rows, fitted):
    """Up to C = 1e5 the samples begin to bind at budgets below (1e5/1.8)^(1/1.95) = 271."""
    table = curve_rows(loss, [*WIDTHS[:8], INF], [30.0, 50.0, 100.0, 200.0, 3000.0, INF], times=TIMES)
    short = table[(table["compute"] <= 1e5) | ~np.isfinite(table["time"]) | ~np.isfinite(table["width"])]
    found = fitted(fit_table(short, {}, FRONTIER)[0], "frontier.envelope", "binding_exponent")
    assert "1 budgets at which samples are not seen to begin to bind" in found["left_out_because"]


def test_exponents_are_those_of_the_optima_that_samples_do_not_bind(tables, fitted):
    largest, own = (
        fitted(tables[0], fit, "size_exponent") for fit in ("frontier.envelope", "frontier.envelope.samples-10000")
    )
    assert largest["value"] == own["value"] == pytest.approx(C / (A + C), abs=2e-3)
    bound = (tables[1]["budget"] == 1e4) & (tables[1]["binds"] == "samples") & ~tables[1]["edge"]
    assert bound.sum() > 3
    assert f"{bound.sum()} where samples bind" in largest["left_out_because"]
    assert {f"frontier.envelope.samples-{d:.0f}" for d in BUDGETS} < set(tables[0]["fit"])


def test_a_budget_may_leave_samples_unused(curve_rows):
    """Where more data are worse, the optimum of every budget has the fewest."""
    table = curve_rows(
        lambda n, p, t: n**-A + (1e-3 * p) ** 0.5 + t**-C, [*WIDTHS, INF], [10.0, 100.0, INF], times=TIMES
    )
    table = table[np.isfinite(table["test_loss"])]
    points = inside(fit_table(table, {}, FRONTIER)[1])
    assert (points["samples"] == 10).all()
    assert set(points["budget"]) == {10.0, 100.0}


def test_what_binds_is_null_where_the_curves_without_limits_are_missing(theory, fitted):
    finite = theory[np.isfinite(theory["samples"])]
    fits, points = fit_table(finite, {}, FRONTIER)
    assert points["binds"].isna().all()
    found = fitted(fits, "frontier.envelope", "size_exponent")
    assert found["status"] == "no_window"
    assert "where it is not told what binds" in found["left_out_because"]


def test_a_plain_frontier_tells_what_binds_by_curves_outside_its_selection(theory):
    for samples, words in ((INF, {"time"}), (100.0, {"time", "samples"})):
        points = fit_table(theory, {}, FRONTIER | {"budget": None, "where": {"samples": samples}})[1]
        assert set(inside(points)["binds"]) == words
        assert points["budget"].isna().all()


def test_time_binds_where_a_later_time_is_better_though_the_limit_is_worse(curve_rows):
    """N^-0.8 + t^-0.5, and 10 at t = inf: t^-0.5 is the largest term, and later times but the last lower it."""
    table = curve_rows(lambda n, _, t: n**-A + np.where(np.isinf(t), 10.0, t**-C), [*WIDTHS, INF], times=TIMES)
    points = inside(fit_table(table, {}, FRONTIER | {"budget": None})[1])
    assert (points["binds"][points["time"] < 1e5] == "time").all()
    assert (points["time"] < 1e5).sum() > 30


def test_a_diverging_limit_is_no_lower_loss(theory):
    at_infinity = np.isinf(theory["time"])
    broken = theory.copy()
    broken.loc[at_infinity, ["test_loss", "status"]] = [np.nan, "diverged"]
    without = theory[~at_infinity]
    spec = FRONTIER | {"budget": None, "where": {"samples": INF}}
    assert (inside(fit_table(broken, {}, spec)[1])["binds"] == "time").all()
    assert fit_table(without, {}, spec)[1]["binds"].isna().all()


def test_simulated_budgets_have_bootstrap_ranges(curve_rows, fitted):
    runs = curve_rows(loss, [*WIDTHS[:7], INF], [100.0, 1000.0, INF], times=TIMES[::4], seeds=8, scatter=0.01)
    fits, points = fit_table(runs, {}, FRONTIER)
    free = inside(points)[inside(points)["size_low"].notna()]
    size = (A / C * free["compute"] ** C) ** (1 / (A + C))
    assert ((free["size_low"] <= size) & (size <= free["size_high"])).mean() > 0.5
    found = fitted(fits, "frontier.envelope", "binding_exponent", "simulation")
    assert found["status"] == "no_data"  # two budgets


def test_no_budget_with_three_sizes_is_no_data(theory, fitted):
    few = theory[theory["width"].isin([8.0, 16.0, INF])]
    found = fitted(fit_table(few, {}, FRONTIER)[0], "frontier.envelope", "binding_exponent")
    assert found["status"] == "no_data"
