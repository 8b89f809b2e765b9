"""The phase diagram of a frontier whose exponents are those predicted, shifted by a known number."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from scalefront.figures.phases import Plane

from tests.unit.figures.rich_study import (
    CAPACITIES,
    DRIFT,
    EDGE,
    NO_WINDOW,
    RICHNESS,
    SHIFT,
    SOURCES,
    WIDTH,
    compute_exponent,
    phase_study,
)
from tests.unit.figures.shown import draw, marked, told


@pytest.fixture(scope="module")
def study():
    return phase_study()


@pytest.fixture(scope="module")
def panels(study):
    return panels_of(draw("phase_diagram", *study))


def panels_of(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def values(axes):
    """(m, n) of the cells of a panel, NaN where none is coloured."""
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    return np.asarray(mesh.get_array().filled(np.nan)).reshape(len(SOURCES), len(CAPACITIES))


def hatched(axes):
    """(capacity, source) of the hatched cells."""
    corners = [patch.get_xy() for patch in axes.patches if patch.get_hatch()]
    return {(CAPACITIES[round(x + 0.5)], SOURCES[round(y + 0.5)]) for x, y in corners}


def texts(axes, capacity, source):
    """Lines of text in a cell, the highest first."""
    place = CAPACITIES.index(capacity), SOURCES.index(source)
    found = [text for text in axes.texts if text.get_gid() == "cell"]
    found = [text for text in found if np.hypot(*np.subtract(text.get_position(), place)) < 0.5]
    return [text.get_text() for text in sorted(found, key=lambda text: -text.get_position()[1])]


def test_cells_are_coloured_by_the_measured_exponent_and_by_what_it_is_over_the_predicted_one(panels):
    assert [axes.get_title() for axes in panels] == [
        "measured r, γ = 0",
        "measured r, γ = 1",
        "r − predicted, γ = 0",
        "r − predicted, γ = 1",
    ]
    for axes, richness in zip(panels[:2], RICHNESS, strict=True):
        wanted = [[compute_exponent(a, b, richness) + SHIFT for a in CAPACITIES] for b in SOURCES]
        found = values(axes)
        known = np.isfinite(found)
        assert known.sum() == 10
        assert found[known] == pytest.approx(np.array(wanted)[known], rel=1e-12)
    for axes in panels[2:]:
        assert values(axes)[np.isfinite(values(axes))] == pytest.approx(SHIFT, rel=1e-9)


def test_cells_without_an_exponent_are_hatched_not_coloured_and_say_why(panels):
    for axes in panels:
        assert hatched(axes) == {EDGE, NO_WINDOW}
        empty = np.argwhere(np.isnan(values(axes)))
        assert {(CAPACITIES[column], SOURCES[row]) for row, column in empty} == {EDGE, NO_WINDOW}
        assert texts(axes, *EDGE) == ["edge"]
        assert texts(axes, *NO_WINDOW) == ["no window"]


def test_a_cell_tells_the_exponent_its_interval_and_its_drift(panels):
    r = compute_exponent(1.5, 0.5, 0.0) + SHIFT
    low, high = r - 2 * WIDTH, r + WIDTH  # of the decay: the ends of the interval of p = -r change places
    lines = [f"{r:.3f}", f"{low:.3f}–{high:.3f}", f"↗ {-DRIFT:.3f}"]
    assert texts(panels[0], 1.5, 0.5) == lines
    assert texts(panels[2], 1.5, 0.5) == [f"+{SHIFT:.3f}", f"{r - SHIFT:.3f}"]


@pytest.mark.parametrize(("drift", "shown"), [(0.0123, "↘ 0.012"), (-0.0123, "↗ 0.012"), (1e-5, "→ 0.000")])
def test_arrows_point_where_the_decay_goes(drift, shown, study):
    settings, tables = study
    figure = draw("phase_diagram", settings, tables | {"fits": tables["fits"].assign(drift=drift)})
    assert texts(panels_of(figure)[0], 1.5, 0.5)[-1] == shown


def test_without_drift_and_interval_a_cell_is_its_number(study):
    settings, tables = study
    fits = tables["fits"].drop(columns="drift").assign(low=np.nan, high=np.nan)
    figure = draw("phase_diagram", settings, tables | {"fits": fits})
    assert len(texts(panels_of(figure)[0], 1.5, 0.5)) == 1
    assert "interval" not in told(figure) and "↗" not in told(figure)


def test_without_predictions_there_are_no_differences(study):
    settings, tables = study
    figure = draw("phase_diagram", settings, tables | {"fits": tables["fits"].assign(predicted=np.nan)})
    assert [axes.get_title() for axes in panels_of(figure)] == ["measured r, γ = 0", "measured r, γ = 1"]


def test_a_cell_without_a_prediction_has_no_difference_and_is_not_hatched(study):
    settings, tables = study
    fits = tables["fits"].copy()
    fits.loc[fits["fit"] == "frontier.envelope.capacity-1.5_source-0.5_richness-0", "predicted"] = np.nan
    measured, _, difference, _ = panels_of(draw("phase_diagram", settings, tables | {"fits": fits}))
    assert len(texts(measured, 1.5, 0.5)) == 3 and not texts(difference, 1.5, 0.5)
    assert hatched(difference) == {EDGE, NO_WINDOW}


def test_boundaries_pass_where_they_are_predicted(panels):
    plane = Plane(np.array(CAPACITIES), np.array(SOURCES))
    for axes in panels:
        (first,) = [line for line in axes.lines if line.get_gid() == "β = 1"]
        assert first.get_ydata() == pytest.approx(SOURCES.index(1.0))
        (second,) = [line for line in axes.lines if line.get_gid() == "β = 2 − 1/α"]
        for capacity in CAPACITIES:
            y = np.interp(float(plane.column(capacity)), *second.get_data())
            assert y == pytest.approx(float(plane.row(2 - 1 / capacity)), abs=5e-3)


def test_the_phases_are_named_in_their_order(panels):
    for axes in panels:
        names = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_gid() == "phase"}
        assert names["hard"] < SOURCES.index(1.0) < names["easy"] < names["super-easy"]


def test_a_value_between_two_of_the_plane_stands_between_their_cells():
    plane = Plane(np.array([1.0, 2.0, 4.0]), np.array([0.5, 1.0]))
    assert plane.column([0.5, 1.0, 3.0, 6.0]) == pytest.approx([-0.5, 0, 1.5, 3.0])


def test_one_colour_bar_for_each_quantity(study):
    bars = [axes for axes in draw("phase_diagram", *study).axes if axes.get_label() == "<colorbar>"]
    assert [bar.get_ylabel() for bar in bars] == ["measured r of L* ~ C⁻ʳ", "measured − predicted r"]
    low, high = bars[1].get_ylim()
    assert low == pytest.approx(-high)


def test_the_legend_tells_boundaries_hatching_and_small_type(study):
    shown = told(draw("phase_diagram", *study))
    for entry in ("predicted boundary β = 1", "predicted boundary β = 2 − 1/α", "no exponent", "its interval, ↗ ↘"):
        assert entry in shown


def test_texts_of_a_full_plane_stay_in_their_cells():
    capacities, sources = np.linspace(1.1, 3, 9).round(3), np.linspace(0.25, 2.25, 9)
    figure = draw("phase_diagram", *phase_study(capacities.tolist(), sources.tolist()))
    for axes in panels_of(figure)[:2]:
        cell = axes.get_window_extent().width / 9
        written = [text for text in axes.texts if text.get_gid() == "cell"]
        assert len(written) > 2 * 81
        assert max(text.get_window_extent().width for text in written) < 0.95 * cell


def test_five_richnesses_are_panels_without_differences():
    figure = draw("phase_diagram", *phase_study(richness=(0.0, 0.1, 1.0, 10.0, 100.0)))
    assert [axes.get_title()[:8] for axes in panels_of(figure)] == 5 * ["measured"]


def test_a_study_without_such_a_frontier_says_so(study, settings, tables):
    assert "no phase diagram" in told(draw("phase_diagram", settings(), tables))
    asked, given = study
    frontier = asked["frontier"] | {"by": ["source", "richness"]}
    assert "no frontier by capacity and source" in told(draw("phase_diagram", asked | {"frontier": frontier}, given))


def test_one_source_is_no_plane():
    assert "fewer than two" in told(draw("phase_diagram", *phase_study(sources=(0.75,))))


def test_fits_that_are_all_lost_leave_a_figure(study):
    settings, tables = study
    lost = tables["fits"].assign(value=np.nan, low=np.nan, high=np.nan, status="no_window")
    figure = draw("phase_diagram", settings, tables | {"fits": lost})
    assert len(hatched(figure.axes[0])) == len(CAPACITIES) * len(SOURCES)
    none = {name: tables[name].iloc[:0] for name in ("curves", "fits", "frontier")}
    assert told(draw("phase_diagram", settings, none)).startswith("no phase diagram")


def test_a_panel_of_compute_for_each_group(study):
    settings, tables = study
    figure = draw("loss_against_compute", settings, tables)
    panels = panels_of(figure)
    assert len(panels) == 12  # of 24 groups: the loss alone
    assert panels[0].get_title() == "α = 1.25, β = 0.5, γ = 0"
    assert panels[-1].get_title() == "α = 2, β = 2, γ = 1"
    optima = tables["frontier"]
    own = optima[optima["fit"] == "frontier.envelope.capacity-1.25_source-0.5_richness-0"]
    shown = [line for line in panels[0].lines if line.get_gid() in ("edge", "optimum")]
    points = np.concatenate([line.get_xydata() for line in shown])
    assert points[points[:, 0].argsort()] == pytest.approx(own[["compute", "loss"]].to_numpy())


def test_few_groups_have_size_and_time_as_well():
    settings, tables = phase_study(capacities=(1.5,), sources=(0.5,))
    figure = draw("loss_against_compute", settings, tables)
    assert len(panels_of(figure)) == 6
    slopes = [np.polyfit(*np.log(line.get_data()), 1)[0] for line in marked(figure, "guide")]
    assert slopes == pytest.approx([-compute_exponent(1.5, 0.5, one) for one in RICHNESS])
    assert len(marked(figure, "fit")) == 2
    assert pd.unique(tables["frontier"]["fit"]).size == 2
