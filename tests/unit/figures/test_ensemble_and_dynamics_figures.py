"""Figures of ensembles, optimizers, excess and gap, from curves whose parts are known (conftest)."""

import numpy as np
import pandas as pd
import pytest
from scalefront.figures.decomposition import CORNERS, PARTS, corners, part
from scalefront.figures.excess_against_size import excesses
from scalefront.figures.labels import SILENT
from scalefront.fits.selection import at_time
from scalefront.models.random_features.parameters import PARAMETERS

from tests.unit.figures.shown import draw, holds, marked, remark, told, vertices

INF = np.inf
OVER_PROJECTIONS, OVER_TRAINING_SETS = 0.5 * 64**-0.5, 0.5 * 128**-0.5  # the halves that averages take away


@pytest.fixture(scope="module")
def growing(tables):
    """Theory whose excess is 10 sqrt(t)/N and whose gap is t/P of the test loss, beside the infinite sizes."""
    curves = tables["curves"]
    curves = curves[(curves["kind"] == "theory") & (curves["modes"] == 1e8) & np.isfinite(curves["time"])]
    base = (1 + curves["time"]) ** -0.4
    test = base + 10 * np.sqrt(curves["time"]) * (1 / curves["width"] + 1 / curves["samples"])
    return curves.assign(test_loss=test, train_loss=test * (1 - curves["time"] / curves["samples"] / 1e7))


def law_rows(name, exponent, prefactor, window, kind="theory"):
    shared = {"fit": name, "kind": kind, "status": "ok", "window_low": window[0], "window_high": window[1]}
    values = {"exponent": (exponent, exponent, exponent), "prefactor": (prefactor, np.nan, np.nan)}
    rows = [shared | {"parameter": p, "value": v, "low": low, "high": high} for p, (v, low, high) in values.items()]
    return pd.DataFrame(rows).assign(left_out_because=None)


def test_the_loss_is_taken_apart_by_its_infinite_ensembles(lazy):
    (finite,) = [one for one in corners(lazy["curves"]) if one.fixed["samples"] == 128 and one.fixed["width"] == 64]
    assert set(finite.losses) == set(CORNERS.values())
    parts = [part(finite.losses, signs) for signs in PARTS.values()]
    loss, bias, over_projections, over_training_sets, interaction = parts
    assert over_projections.mean == pytest.approx(OVER_PROJECTIONS, rel=1e-9)
    assert over_training_sets.mean == pytest.approx(OVER_TRAINING_SETS, rel=1e-9)
    assert bias.mean == pytest.approx(loss.mean - OVER_PROJECTIONS - OVER_TRAINING_SETS, rel=1e-9)
    assert not len(interaction.x)  # the two do not interact in these curves, so all of it is rounding


def test_without_a_training_set_there_is_no_variance_over_it(lazy):
    (fresh,) = [one for one in corners(lazy["curves"]) if one.fixed["samples"] == INF and one.fixed["width"] == 64]
    assert (fresh.losses["C^D"] == fresh.losses["C"]).all() and (fresh.losses["C^AD"] == fresh.losses["C^A"]).all()


def test_finite_ensembles_alone_are_no_decomposition(settings, lazy):
    curves = lazy["curves"][np.isfinite(lazy["curves"]["ensemble"]) & np.isfinite(lazy["curves"]["bags"])]
    assert curves["ensemble"].nunique() == 4
    assert told(draw("decomposition", settings(), lazy, curves=curves)).startswith("no decomposition")


def test_the_parts_and_their_sum_are_in_the_figure(settings, lazy):
    figure = draw("decomposition", settings(), lazy)
    (fixed,) = [one for one in corners(lazy["curves"]) if one.fixed["samples"] == 128 and one.fixed["width"] == 64]
    times = fixed.losses.index[np.isfinite(fixed.losses.index)]
    points = vertices(figure)
    for column in ("C", "C^AD"):
        assert holds(points, np.column_stack([times, fixed.losses.loc[times, column]]))
    assert "L = bias + Var_A + Var_D − interaction" in told(figure)
    assert "interaction = 0" in told(figure)
    assert (
        not marked(figure, "negative")[0].get_ydata().size or np.isnan(marked(figure, "negative")[0].get_ydata()).all()
    )


def test_a_negative_part_is_dashed_and_told(settings, lazy):
    curves = lazy["curves"].copy()
    corner = (curves["ensemble"] == INF) & (curves["bags"] == INF)
    curves.loc[corner, "test_loss"] -= 0.02
    figure = draw("decomposition", settings(), lazy, curves=curves)
    dashed = np.concatenate([line.get_xydata() for line in marked(figure, "negative")])
    assert np.nanmax(dashed[:, 1]) == pytest.approx(0.02, rel=1e-9)  # the size of the interaction
    assert "negative: its size" in told(figure)


def test_the_excess_is_the_loss_less_that_of_the_infinite_size(settings, tables, growing):
    widths = growing[np.isinf(growing["samples"])]
    ((line,), negative) = excesses(at_time(widths, 1e2), "width")
    assert line.mean == pytest.approx(100 / line.x, rel=1e-6)  # 10 sqrt(100) / N
    assert negative == 0
    figure = draw("excess_against_size", settings(fits={}), tables, curves=growing)
    assert holds(vertices(figure), np.column_stack([line.x, line.mean]))


def test_an_excess_fit_is_drawn_over_the_excess_and_nowhere_else(settings, tables, growing):
    where = {"kind": "theory", "modes": 1e8, "samples": INF, "time": 1e2}
    fit = {"of": "test_loss", "against": "width", "law": "power", "where": where, "excess_over": {"width": INF}}
    told_settings = settings(fits={"early": fit | {"window": "auto", "predicted": -1.0}}, frontier=None)
    given = {"curves": growing, "fits": law_rows("early", -1.0, 100.0, (10.0, 1e3))}
    (line,) = marked(draw("excess_against_size", told_settings, tables, **given), "fit")
    assert line.get_xydata().ravel() == pytest.approx([10, 10, 1e3, 0.1])
    figure = draw("excess_against_size", told_settings, tables, **given)
    (guide,) = marked(figure, "guide")
    assert np.polyfit(*np.log(guide.get_data()), 1)[0] == pytest.approx(-1.0)
    assert "excess(t = 100) ~ N^p" in told(figure) and "predicted p = −1.000" in told(figure)
    assert not marked(draw("loss_against_width", told_settings, tables, **given), "fit")
    local = draw("local_exponents", told_settings, tables, **given)
    assert local.axes[0].get_ylabel() == "local exponent of the excess L in N"
    assert local.axes[0].lines[0].get_ydata() == pytest.approx(-1.0, abs=1e-6)


def test_excesses_below_zero_are_counted(settings, tables, growing):
    sunk = growing.copy()
    sunk.loc[sunk["width"] == 8, "test_loss"] = 1e-6
    figure = draw("excess_against_size", settings(fits={}), tables, curves=sunk)
    assert "at or below zero, not shown: 4" in told(figure)  # at each of the times 1, 100, 10^4, 10^6


def test_the_gap_and_its_onsets_are_drawn(settings, tables, growing):
    where = {"kind": "theory", "modes": 1e8, "width": INF}
    fit = {"of": "gap", "against": "samples", "law": "onset", "threshold": 1e-5, "where": where, "window": "auto"}
    asked = settings(fits={"gap_onset": fit | {"predicted": 1.0}}, frontier=None)
    figure = draw(
        "generalization_gap", asked, tables, curves=growing, fits=law_rows("gap_onset", 1.0, 100.0, (10, 1e3))
    )
    trained = growing[np.isfinite(growing["samples"]) & (growing["samples"] < 1e3)]
    gaps = trained["test_loss"] - trained["train_loss"]
    beyond = gaps > 1e-9 * trained["test_loss"]
    assert holds(vertices(figure), np.column_stack([trained["time"], gaps])[beyond])
    (onsets,) = marked(figure, "onset")
    assert onsets.get_ydata() == pytest.approx(100 * onsets.get_xdata(), rel=1e-6)  # t/P = 1e-5 x 1e7
    assert "fit t ~ P^p" in told(figure) and len(marked(figure, "fit")) == 1


def test_a_gap_below_zero_is_open(settings, tables):
    curves = tables["curves"][tables["curves"]["modes"] == 1000].copy()
    runs = curves["kind"] == "simulation"
    curves.loc[runs, "train_loss"] = curves.loc[runs, "test_loss"] + 0.25 + 0.125  # sigma^2 = 1/4
    figure = draw("generalization_gap", settings(fits={}), tables, curves=curves)
    hollow = [
        line for line in marked(figure, "negative") if line.get_marker() == "o" and line.get_linestyle() == "None"
    ]
    assert np.concatenate([line.get_ydata() for line in hollow]) == pytest.approx(0.125)
    assert "mean of the seeds negative: its size" in told(figure)


def test_curves_are_named_by_the_dynamics_in_which_they_differ(settings, lazy):
    figure = draw("loss_by_dynamics", settings(), lazy)
    assert len(figure.axes) == 1  # N = 64 and P = inf alone have several
    assert figure.axes[0].get_title() == "M = 4000, N = 64, P = ∞"
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert set(names) == {
        "gradient flow",
        "momentum flow, m = 2",
        "gradient descent, η = 0.5",
        "momentum, η = 0.1, βₘ = 0.9",
        "sgd, η = 0.1, B = 32",
    }
    stepped = lazy["curves"][(lazy["curves"]["optimizer"] == "sgd") & (lazy["curves"]["kind"] == "theory")]
    finite = stepped[np.isfinite(stepped["time"])]
    assert holds(vertices(figure), finite[["time", "test_loss"]].to_numpy())


def test_one_number_that_differs_is_told_along_the_sequence(settings, lazy):
    sgd = lazy["curves"][lazy["curves"]["optimizer"] == "sgd"]
    curves = pd.concat([sgd.assign(batch=size, point=f"B{size}") for size in (1.0, 8.0, 64.0)])
    figure = draw("loss_by_dynamics", settings(), lazy, curves=curves)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["B = 1", "B = 8", "B = 64"]


def test_ensembles_of_equal_compute_share_a_panel(settings, lazy):
    figure = draw("loss_against_ensemble", settings(), lazy)
    assert [axes.get_title() for axes in figure.axes] == ["E·N = 256, M = 1000, P = 150", "E·N = 256, M = 1000, P = ∞"]
    curves = lazy["curves"]
    shown = curves[(curves["modes"] == 1000) & (curves["kind"] == "theory") & np.isinf(curves["time"])]
    assert len(shown) == 8
    assert holds(vertices(figure), shown[["ensemble", "test_loss"]].to_numpy())


def test_captions_name_what_is_not_the_default(settings, lazy):
    titles = [axes.get_title() for axes in draw("loss_against_time", settings(fits={}), lazy).axes]
    assert "M = 4000, P = ∞, sgd, η = 0.1, B = 32" in titles
    assert "M = 4000, P = ∞" in titles  # of one student by gradient flow
    assert not any("gradient flow" in title or "E = 1" in title for title in titles)


def test_silent_values_are_the_defaults_of_the_model():
    defaults = {one.word: one.default for one in PARAMETERS}
    assert {word: defaults[word] for word in SILENT} == SILENT


def test_panels_beyond_four_rows_are_counted(settings, lazy):
    figure = draw("loss_against_time", settings(fits={}), lazy)
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == 12
    assert remark(figure) == "Not shown: 1 of 13 panels."


@pytest.mark.parametrize("name", ["decomposition", "loss_by_dynamics", "loss_against_ensemble", "excess_against_size"])
def test_losses_that_are_lost_leave_a_figure(name, settings, lazy):
    curves = lazy["curves"].assign(test_loss=np.nan, status="unconverged")
    figure = draw(name, settings(fits={}), lazy, curves=curves)
    assert told(figure).startswith("no ") or " no " in told(figure)
