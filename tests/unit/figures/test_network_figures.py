"""Curves that differ in richness, architecture and depth, and the correlations of feature learning."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from tests.unit.figures.rich_study import INF, curve, settings_of
from tests.unit.figures.shown import draw, holds, told, vertices

GRID = np.geomspace(0.1, 1e3, 12)
GROWTH = {"C_w": 0.5, "C_h": -0.5, "C_g": -1.0}  # C(t, s) = richness-factor x (t s)^(p/2) x overlap


def tables_of(curves):
    columns = ["fit", "kind", "parameter", "value", "low", "high", "status", "window_low", "window_high"]
    return {"curves": pd.concat(curves, ignore_index=True), "fits": pd.DataFrame(columns=columns)}


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_curves_that_differ_in_richness_share_a_panel():
    tables = tables_of([curve(kind, richness=r) for r in (0.0, 0.1, 1.0, 10.0) for kind in ("theory", "simulation")])
    figure = draw("loss_by_dynamics", settings_of(), tables)
    assert [legend_of(axes) for axes in figure.axes] == [["γ = 0", "γ = 0.1", "γ = 1", "γ = 10"]]
    finite = tables["curves"][np.isfinite(tables["curves"]["time"])]
    assert holds(vertices(figure), finite[["time", "test_loss"]].to_numpy())


def test_architecture_and_depth_are_named():
    rich = [curve(architecture=name, width=8.0) for name in ("projected", "pure")]
    deep = [curve(depth=depth) for depth in (1.0, 2.0, 4.0)]
    figure = draw("loss_by_dynamics", settings_of(), tables_of(rich + deep))
    assert [legend_of(axes) for axes in figure.axes] == [["projected", "pure"], ["H = 1", "H = 2", "H = 4"]]


def test_too_many_curves_for_one_panel_have_one_for_each_richness():
    sgd = {"optimizer": "sgd", "learning_rate": 0.1}
    batches = (1.0, 2.0, 4.0, 8.0, 16.0)
    curves = [curve(richness=r, batch=batch, **sgd) for r in (0.0, 1.0) for batch in batches]
    figure = draw("loss_by_dynamics", settings_of(), tables_of(curves))
    assert [axes.get_title() for axes in figure.axes] == ["N = ∞, P = ∞, γ = 0", "N = ∞, P = ∞, γ = 1"]
    assert [legend_of(axes) for axes in figure.axes] == 2 * [[f"B = {batch:.0f}" for batch in batches]]


def test_many_richnesses_alone_stay_in_one_panel():
    figure = draw("loss_by_dynamics", settings_of(), tables_of([curve(richness=float(r)) for r in range(10)]))
    assert len(figure.axes) == 1


def test_widths_have_a_panel_for_each_richness():
    curves = [curve(richness=r, width=width) for r in (0.0, 1.0) for width in (8.0, 32.0, INF)]
    tables = tables_of(curves)
    for name in ("loss_against_time", "loss_against_width"):
        figure = draw(name, settings_of(), tables)
        assert [axes.get_title() for axes in figure.axes] == ["P = ∞, γ = 0", "P = ∞, γ = 1"]
    finite = tables["curves"][np.isfinite(tables["curves"]["time"])]
    assert holds(vertices(draw("loss_against_time", settings_of(), tables)), finite[["time", "test_loss"]].to_numpy())


@pytest.fixture(scope="module")
def correlated():
    """Order parameters of two points, whose correlations are known, and a response that is none of them."""
    time, other = (grid.ravel() for grid in np.meshgrid(GRID, GRID, indexing="ij"))
    frames = []
    for richness in (0.0, 1.0):
        shared = {"study": "rich", "point": f"p{richness}", "width": 64.0, "samples": INF, "richness": richness}
        shared |= {"index": pd.NA, "time": time, "other_time": other, "rate": np.nan, "status": "ok"}
        for name, power in GROWTH.items():
            frames.append(pd.DataFrame(shared | {"quantity": name, "value": value(power, richness, time, other)}))
        frames.append(pd.DataFrame(shared | {"quantity": "R_w", "value": 0.0}))
    return pd.concat(frames, ignore_index=True).astype({"index": "Int64"})


def value(power, richness, time, other):
    return (1 + richness) * (time * other) ** (power / 2) / (1 + np.log(time / other) ** 2)


def test_correlations_at_equal_times_are_drawn_for_every_point(correlated):
    figure = draw("equal_times", settings_of(), {"order_parameters": correlated})
    assert [axes.get_ylabel() for axes in figure.axes] == ["Cʷ(t, t)", "Cʰ(t, t)", "Cᵍ(t, t)"]
    for axes, power in zip(figure.axes, GROWTH.values(), strict=True):
        points = np.concatenate([line.get_xydata() for line in axes.lines])
        for richness in (0.0, 1.0):
            assert holds(points, np.column_stack([GRID, value(power, richness, GRID, GRID)]))
    assert "N = 64, P = ∞, γ = 0" in told(figure) and "N = 64, P = ∞, γ = 1" in told(figure)


def test_correlations_of_feature_learning_are_normalised_maps(correlated):
    figure = draw("correlations", settings_of(), {"order_parameters": correlated})
    maps = [mesh for axes in figure.axes for mesh in axes.collections if isinstance(mesh, QuadMesh)]
    maps = [mesh for mesh in maps if mesh.axes.get_label() != "<colorbar>"]
    overlap = 1 / (1 + np.log(GRID[:, None] / GRID) ** 2)
    assert len(maps) == 6
    for mesh in maps:
        assert np.asarray(mesh.get_array()).reshape(len(GRID), -1) == pytest.approx(overlap)


def test_a_table_of_other_order_parameters_has_no_correlations(correlated):
    table = correlated[correlated["quantity"] == "R_w"]
    for name in ("equal_times", "correlations"):
        assert told(draw(name, settings_of(), {"order_parameters": table})).startswith("no order parameters")


def test_a_quantity_that_is_zero_is_told(correlated):
    table = correlated.copy()
    table.loc[table["quantity"] == "C_w", "value"] = 0.0
    figure = draw("equal_times", settings_of(), {"order_parameters": table})
    assert "none of the points has it" in told(figure)
