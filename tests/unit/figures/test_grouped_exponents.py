"""Exponents by words: what is drawn against which word, and the groups' own fits in the other figures."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from scalefront.figures import style
from scalefront.figures.groups import spread

from tests.unit.figures.rich_study import SHIFT, WIDTH, chi_study, fit_row, phase_study, settings_of, time_exponent
from tests.unit.figures.shown import draw, holds, marked, told, vertices

SOURCES = (0.5, 0.75, 1.0, 1.25)


@pytest.fixture
def study():
    return chi_study()


def predictions(source, richness):
    """A model's predictions of the time exponent, and what a paper states: the same below source 0.9."""
    chi = -time_exponent(source, richness)
    values = {"other": 1.0, "time_bottleneck": chi, "time_bottleneck_paper": chi if source < 0.9 else 2 * chi}
    return {name: SimpleNamespace(value=value) for name, value in values.items()}


@pytest.fixture(autouse=True)
def stated(monkeypatch):
    exponents = SimpleNamespace(PREDICTED_BY={"source": 0.5, "richness": 1.0}, predictions=predictions)
    monkeypatch.setattr("scalefront.figures.grouped_exponents.part", lambda *_: exponents)


def test_every_exponent_stands_over_its_source_with_its_interval(study):
    figure = draw("exponents_against", *study)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "source β" and axes.get_ylabel() == "exponent r of L ~ t⁻ʳ"
    bars = [bar for one in axes.collections if isinstance(one, LineCollection) for bar in one.get_segments()]
    points = vertices(figure)
    for richness in (0.0, 1.0, 10.0):
        r = np.array([time_exponent(source, richness) for source in SOURCES]) + SHIFT
        assert holds(points, np.column_stack([SOURCES, r]))
        assert holds(np.concatenate(bars), np.column_stack([SOURCES, r - 2 * WIDTH]))
        assert holds(np.concatenate(bars), np.column_stack([SOURCES, r + WIDTH]))
    assert all(name in told(figure) for name in ("γ = 0", "γ = 1", "γ = 10"))


def test_lines_of_the_prediction_are_coloured_and_grey_where_colours_share_one(study):
    lazy, rich = marked(draw("exponents_against", *study), "predicted")
    assert lazy.get_ydata() == pytest.approx(SOURCES)
    assert rich.get_ydata() == pytest.approx([time_exponent(source, 1) for source in SOURCES])
    assert to_rgba(rich.get_color()) == to_rgba(style.GREY) != to_rgba(lazy.get_color())


def test_what_a_paper_states_is_dashed_where_it_differs(study):
    figure = draw("exponents_against", *study)
    (one,) = marked(figure, "paper")  # lazy and rich exponents are the same from source 1 on
    assert np.isnan(one.get_ydata()[:2]).all()
    assert one.get_ydata()[2:] == pytest.approx([2.0, 2.5])
    assert "as the paper states it" in told(figure)


def test_no_line_of_a_paper_for_given_numbers(study):
    settings, tables = study
    fit = settings["fits"]["chi"]
    groups = {name: group | {"predicted": -0.123} for name, group in fit["groups"].items()}
    figure = draw("exponents_against", settings | {"fits": {"chi": fit | {"groups": groups}}}, tables)
    assert not marked(figure, "paper") and "as the paper" not in told(figure)


def test_exponents_without_a_fit_are_counted(study):
    settings, tables = study
    fits = tables["fits"].copy()
    fits.loc[fits["fit"] == "chi.source-0.5_richness-1", ["value", "low", "high"]] = np.nan
    assert "not shown: 1 of 12 without a fit" in told(draw("exponents_against", settings, tables | {"fits": fits}))


def test_values_at_even_ratios_have_a_logarithmic_axis_and_infinity_is_on_the_right():
    widths = (8.0, 32.0, 128.0, np.inf)
    groups = {f"width-{width:g}": {"where": {"width": width}, "predicted": None} for width in widths}
    _, tables = phase_study(capacities=(1.5,), sources=(0.5,), richness=(1.0,))
    curves = pd.concat([tables["curves"], tables["curves"].iloc[:22].assign(width=np.inf)])
    rows = [fit_row(f"growth.{name}", "exponent", 0.5) for name in groups]
    fit = {"of": "test_loss", "law": "power", "against": "time", "excess_over": None, "where": {}, "by": ["width"]}
    asked = settings_of(fits={"growth": fit | {"groups": groups, "predicted": None}})
    figure = draw("exponents_against", asked, {"curves": curves, "fits": pd.DataFrame(rows), "frontier": None})
    (axes,) = figure.axes
    assert axes.get_xscale() == "log" and axes.get_ylabel() == "exponent p of L ~ tᵖ"
    assert holds(vertices(figure), [(8.0, 0.5), (32.0, 0.5), (128.0, 0.5), (1.0, 0.5)])
    assert [line.get_clip_on() for line in marked(figure, "measured")] == [True, False]


def test_the_frontier_has_a_panel_for_its_loss():
    figure = draw("exponents_against", *phase_study(capacities=(1.5,)))
    (axes,) = figure.axes  # the table has no exponent of the size
    assert axes.get_title().startswith("frontier, envelope") and axes.get_ylabel() == "exponent r of L* ~ C⁻ʳ"


@pytest.mark.parametrize("empty", ["fits", "asked"])
def test_a_study_without_such_fits_says_so(empty, study):
    settings, tables = study
    if empty == "fits":
        shown = draw("exponents_against", settings, tables | {"fits": tables["fits"].iloc[:0]})
    else:
        shown = draw("exponents_against", settings_of(), tables)
    assert told(shown).startswith("no exponents to compare")


def test_other_figures_draw_the_fit_of_the_group_that_a_panel_shows():
    settings, tables = chi_study(richness=(0.0, 1.0), sources=(0.5, 0.75))
    figure = draw("loss_against_time", settings, tables)
    assert len(figure.axes) == 4
    for axes in figure.axes:
        (line,) = [line for line in axes.lines if line.get_gid() == "fit"]
        source, richness = (float(part.split(" = ")[1]) for part in axes.get_title().split(", ")[::2])
        slope = np.polyfit(*np.log(line.get_data()), 1)[0]
        assert slope == pytest.approx(-time_exponent(source, richness) - SHIFT)


def test_local_exponents_have_a_panel_for_each_group():
    settings, tables = chi_study(richness=(0.0, 1.0), sources=(0.5, 0.75))
    figure = draw("local_exponents", settings, tables)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == 4 * ["chi, theory"]
    predicted = [line.get_ydata()[0] for line in marked(figure, "prediction")]
    assert predicted == pytest.approx([-0.5, -2 / 3, -0.75, -6 / 7])


def test_groups_that_are_shown_are_spread_evenly():
    assert spread(list(range(9)), 3) == [0, 4, 8, 1, 2, 3, 5, 6, 7]
    assert spread([1, 2], 3) == [1, 2]
