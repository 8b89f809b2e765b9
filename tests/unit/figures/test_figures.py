import numpy as np
import pytest
from matplotlib.colors import to_rgba
from scalefront.figures import FIGURES
from scalefront.figures.measured_spectrum import tails

from tests.unit.figures.shown import draw, holds, marked, told, vertices

WITH_FITS = ("loss_against_time", "loss_against_width", "loss_against_samples", "loss_against_compute")
BY_GROUPS = ("exponents_against", "phase_diagram")  # of fits by words, which these tables have none of


SIZES = (*WITH_FITS, "local_exponents", "measured_spectrum")  # the others are of ensembles, dynamics and their theory


@pytest.fixture(scope="module")
def drawn(settings, tables, lazy):
    return {name: draw(name, settings(), tables if name in SIZES else lazy) for name in FIGURES}


@pytest.mark.parametrize("name", sorted(set(FIGURES) - set(BY_GROUPS)))
def test_axes_carry_words_and_symbols(name, drawn):
    panels = [axes for axes in drawn[name].axes if axes.get_label() != "<colorbar>"]
    words = {"time t [1/λ₁]", "width N", "samples P", "compute C [N·t]", "index k", "ensemble E"}
    words |= {"lag τ [1/λ₁]", "rate u [λ₁]"}
    assert all(axes.get_xlabel() in words for axes in panels)
    assert all(axes.get_ylabel() for axes in panels)


def test_the_loss_has_its_unit(drawn):
    assert {axes.get_ylabel() for axes in drawn["loss_against_width"].axes} == {"test loss L [λ₁w₁²]"}


def test_every_curve_and_seed_is_in_the_figure_against_time(tables, drawn):
    curves, points = tables["curves"], vertices(drawn["loss_against_time"])
    theory = curves[curves["kind"] == "theory"]
    finite = theory[np.isfinite(theory["time"])]
    assert holds(points, finite[["time", "test_loss"]].to_numpy())
    limits = theory.loc[np.isinf(theory["time"]) & (theory["test_loss"] > 0), "test_loss"]
    assert holds(points, [(1.0, loss) for loss in limits])  # triangles on the right edge
    runs = curves[(curves["kind"] == "simulation") & np.isfinite(curves["time"])]
    summed = runs.groupby(["point", "time"])["test_loss"].agg(["mean", "min", "max"]).reset_index()
    for column in ("mean", "min", "max"):
        assert holds(points, summed[["time", column]].to_numpy())
    noisy = runs[runs["label_noise"] > 0].groupby("time")["train_loss"].agg(["mean", "min", "max"]).reset_index()
    for column in ("mean", "min", "max"):
        assert holds(points, noisy[["time", column]].to_numpy())


@pytest.mark.parametrize(("size", "other"), [("width", "samples"), ("samples", "width")])
def test_every_size_is_in_the_figure_against_it(size, other, tables, drawn):
    curves = tables["curves"]
    limit = curves[np.isinf(curves["time"]) & np.isfinite(curves[size]) & np.isinf(curves[other])]
    theory = limit[limit["kind"] == "theory"]
    assert holds(vertices(drawn[f"loss_against_{size}"]), theory[[size, "test_loss"]].to_numpy())


def test_every_optimum_and_curve_is_in_the_figure_against_compute(tables, drawn):
    points, curves, optima = vertices(drawn["loss_against_compute"]), tables["curves"], tables["frontier"]
    shown = curves[np.isfinite(curves["compute"]) & np.isinf(curves["samples"]) & (curves["modes"] == 1e8)]
    assert holds(points, shown[["compute", "test_loss"]].to_numpy())
    for quantity in ("size", "time", "loss"):
        assert holds(points, optima[["compute", quantity]].to_numpy())


def test_every_eigenvalue_is_in_the_figure_of_the_spectrum(tables, drawn):
    measured = tables["spectrum"][tables["spectrum"]["resample"].isna()]
    points = vertices(drawn["measured_spectrum"])
    assert holds(points, measured[["index", "eigenvalue"]].to_numpy())
    beyond = tails(measured["task_power"].to_numpy())
    assert holds(points, np.column_stack([measured["index"], beyond])[beyond > 0])


@pytest.mark.parametrize("name", WITH_FITS)
def test_a_fit_is_drawn_in_its_window_only(name, tables, drawn):
    fits, fitted = tables["fits"], marked(drawn[name], "fit")
    windows = {tuple(window) for window in fits[["window_low", "window_high"]].dropna().to_numpy()}
    assert fitted
    assert {tuple(line.get_xdata()) for line in fitted} <= windows
    # a projecting cap would reach beyond the window
    assert all(line.get_solid_capstyle() == "butt" for line in fitted)


def test_a_fit_is_the_law_of_the_table(drawn):
    (line,) = marked(drawn["loss_against_width"], "fit")
    x, y = line.get_data()
    assert np.log(y[1] / y[0]) / np.log(x[1] / x[0]) == pytest.approx(-0.5, abs=1e-9)  # L(N, inf, inf) = N^-1/2
    assert y[0] == pytest.approx(x[0] ** -0.5, rel=1e-9)


def test_legends_state_the_exponent_its_interval_and_the_prediction(drawn):
    assert "p = −0.500 [−0.500, −0.500]" in told(drawn["loss_against_width"])
    assert "predicted p = −0.500" in told(drawn["loss_against_width"])
    assert "predicted p = 0.444" in told(drawn["loss_against_compute"])  # 4/9


def test_optima_on_the_edge_are_hollow(tables, drawn):
    edge = int(tables["frontier"]["edge"].sum())
    assert 0 < edge < len(tables["frontier"])
    hollow, full = (marked(drawn["loss_against_compute"], gid) for gid in ("edge", "optimum"))
    assert [len(line.get_xdata()) for line in hollow] == 3 * [edge]
    assert all(to_rgba(line.get_markerfacecolor()) == to_rgba("white") for line in hollow)
    assert all(to_rgba(line.get_markerfacecolor()) != to_rgba("white") for line in full)


def test_guides_have_the_predicted_slopes(drawn):
    slopes = [
        float(np.polyfit(*np.log(line.get_data()), 1)[0]) for line in marked(drawn["loss_against_compute"], "guide")
    ]
    assert slopes == pytest.approx([-2 / 9, 4 / 9, 5 / 9])


def test_local_exponents_show_window_prediction_and_fit(tables, drawn):
    figure, fits = drawn["local_exponents"], tables["fits"]
    assert len(figure.axes) == 3
    assert [line.get_ydata()[0] for line in marked(figure, "prediction")] == [-0.4, -0.5, -0.5]
    rows = fits[(fits["parameter"] == "exponent")]
    assert [tuple(line.get_xdata()) for line in marked(figure, "fit")] == list(
        zip(rows["window_low"], rows["window_high"], strict=True)
    )
    shaded = [patch for axes in figure.axes for patch in axes.patches if patch.get_gid() == "window"]
    assert [patch.get_x() for patch in shaded] == list(rows["window_low"])


def test_many_sizes_get_a_colour_bar_and_few_a_legend(drawn):
    bars = [axes for axes in drawn["loss_against_time"].axes if axes.get_label() == "<colorbar>"]
    assert len(bars) == 2  # 24 widths and 16 samples at M = 1e8; 4 of each at M = 4000
    assert "N = 32" in told(drawn["loss_against_time"])


@pytest.mark.parametrize("name", ["loss_against_time", "loss_against_width", "loss_against_samples"])
def test_a_measured_spectrum_has_its_own_units(name, settings, tables, measured_curves):
    figure = draw(name, settings(fits={}, frontier=None), tables, curves=measured_curves)
    assert all("λ₁" not in axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("kind", ["theory", "simulation"])
def test_one_kind_is_enough(name, kind, settings, tables):
    curves = tables["curves"]
    draw(name, settings(), tables, curves=curves[curves["kind"] == kind])


@pytest.mark.parametrize("name", FIGURES)
def test_one_point_is_enough(name, settings, tables):
    curves = tables["curves"]
    one = curves[(curves["width"] == 32) & (curves["modes"] == 4000)]
    none = {table: tables[table].iloc[:0] for table in ("fits", "frontier")}
    draw(name, settings(), tables, curves=one, **none)


@pytest.mark.parametrize("name", FIGURES)
def test_lost_and_diverged_rows_leave_gaps(name, settings, tables):
    curves = tables["curves"].copy()
    curves.loc[::3, "test_loss"] = np.nan
    curves.loc[::5, "status"] = "diverged"
    draw(name, settings(), tables, curves=curves)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_with_nothing_to_show_says_so(name, settings, tables):
    empty = {table: tables[table].iloc[:0] for table in ("curves", "fits", "frontier")}
    figure = draw(name, settings(fits={}, frontier=None), empty)
    assert told(figure).startswith("no ")


@pytest.mark.parametrize("name", ["loss_against_width", "loss_against_compute", "local_exponents"])
def test_a_fit_without_a_window_is_not_drawn_but_told(name, settings, tables):
    fits = tables["fits"].assign(
        status="no_window", left_out_because="too short", value=np.nan, window_low=np.nan, window_high=np.nan
    )
    figure = draw(name, settings(), tables, fits=fits)
    assert not marked(figure, "fit")
    assert "no window" in told(figure)
