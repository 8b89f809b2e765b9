"""Figures of the order parameters, from a table whose functions are known (lazy_theory)."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from tests.unit.figures.lazy_theory import INDEX, RATES, TIMES, correlation, density, response, transfer
from tests.unit.figures.shown import draw, holds, marked, remark, told, vertices

NAMES = ("transfer_functions", "responses", "correlations", "rate_density")


@pytest.fixture(scope="module")
def drawn(settings, lazy):
    return {name: draw(name, settings(), lazy) for name in NAMES}


def test_every_transfer_function_and_its_limit_are_drawn(drawn):
    points = vertices(drawn["transfer_functions"])
    for index in INDEX:
        assert holds(points, np.column_stack([TIMES, transfer(index, TIMES)]))
        assert holds(points, [(1.0, transfer(index, np.inf))])  # the triangle on the right edge
    assert "k = 100, limit 0.5" in told(drawn["transfer_functions"])  # the mass k/200


def test_the_density_is_drawn_over_the_logarithm_of_the_rate(drawn):
    points = vertices(drawn["rate_density"])
    for index in INDEX:
        assert holds(points, np.column_stack([RATES, RATES * density(index, RATES)]))
    assert "k = 10, mass at 0: 0.05" in told(drawn["rate_density"])


def test_negative_responses_are_dashed_and_drawn_by_their_size(drawn):
    dashed = np.concatenate([line.get_xydata() for line in marked(drawn["responses"], "negative")])
    positive = np.concatenate([line.get_xydata() for line in marked(drawn["responses"], None)])
    for name in ("R1", "R02", "R24"):
        assert holds(dashed, np.column_stack([TIMES, -response(name, TIMES)]))
    late = TIMES[TIMES > 10]  # where R3 has risen above zero
    assert holds(positive, np.column_stack([late, response("R3", late)]))
    assert "negative: its size" in told(drawn["responses"])


def test_a_response_that_vanishes_is_told(settings, lazy):
    table = lazy["order_parameters"].copy()
    table.loc[table["quantity"] == "R1", "value"] = 0.0
    figure = draw("responses", settings(), lazy, order_parameters=table)
    assert "R₁ = 0 at every lag > 0" in told(figure)


def test_correlations_are_normalised_by_their_diagonal(drawn):
    figure = drawn["correlations"]
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    maps = [mesh for axes in panels for mesh in axes.collections if isinstance(mesh, QuadMesh)]
    t, s = np.meshgrid(TIMES, TIMES, indexing="ij")
    for number, mesh in enumerate(maps[:4]):  # the first point has all four
        wanted = correlation(number, t, s) / np.sqrt(correlation(number, t, t) * correlation(number, s, s))
        assert np.asarray(mesh.get_array()).reshape(len(TIMES), -1) == pytest.approx(wanted.T, rel=1e-12)
    assert len(maps) == 14  # four points; the two of infinite width have no C3
    assert told(figure).count("none at this point") == 2


def test_correlations_that_are_rounding_are_blank(settings, lazy):
    table = lazy["order_parameters"].copy()
    late = (table["quantity"] == "C2") & (table[["time", "other_time"]].max(axis=1) > 1e3)
    table.loc[late, "value"] = 1e-13 * np.where(table.loc[late, "time"] > 2e3, -1, 1)
    figure = draw("correlations", settings(), lazy, order_parameters=table)
    (mesh,) = [one for one in figure.axes[2].collections if isinstance(one, QuadMesh)]
    shown = np.asarray(mesh.get_array().filled(np.nan)).reshape(len(TIMES), -1)
    assert (np.isnan(shown) == (np.maximum.outer(TIMES, TIMES) > 1e3)).all()
    assert "blank: C(t, t) below 10⁻¹⁰ of its largest" in told(figure)


def test_correlations_beyond_four_points_are_counted(settings, lazy):
    table = lazy["order_parameters"]
    more = table[table["point"] == table["point"].iloc[0]].assign(point="one more", width=65.0)
    figure = draw("correlations", settings(), lazy, order_parameters=pd.concat([table, more], ignore_index=True))
    assert remark(figure) == "Not shown: 4 of 20 panels."


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_is_captioned_by_the_sizes_of_its_point(name, drawn):
    assert all(size in told(drawn[name]) for size in ("N = 64, P = 128", "N = ∞, P = 128", "N = 64, P = ∞"))


@pytest.mark.parametrize("name", NAMES)
def test_a_study_without_order_parameters_says_so(name, settings, tables):
    assert told(draw(name, settings(), tables)) == "no order parameters: the study asks for none "


@pytest.mark.parametrize("name", NAMES)
def test_points_that_have_not_converged_are_told(name, settings, lazy):
    table = lazy["order_parameters"].assign(status="unconverged", value=np.nan)
    assert "none of this figure's has converged" in told(draw(name, settings(), lazy, order_parameters=table))


@pytest.mark.parametrize(
    ("name", "quantity"), [("transfer_functions", "H"), ("responses", "R1"), ("rate_density", "density")]
)
def test_rows_without_a_value_are_counted(name, quantity, settings, lazy):
    table = lazy["order_parameters"].copy()
    table.loc[table.index[table["quantity"] == quantity][:2], "status"] = "unconverged"
    assert "2 rows left out: unconverged" in told(draw(name, settings(), lazy, order_parameters=table))
