"""The loss as bias and variances over projections and training sets, from its infinite ensembles."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.figures import marks, style
from scalefront.figures.differences import TOLD, above_rounding
from scalefront.figures.labels import caption, known_axis, symbol
from scalefront.figures.selection import SIZES, exact_line
from scalefront.fits.selection import parameter_words

AVERAGES = ("ensemble", "bags")
# C, and its averages over projections, training sets and both (theory/dynamical_model.md 2.6), by (ensemble, bags)
CORNERS = {(1, 1): "C", (np.inf, 1): "C^A", (1, np.inf): "C^D", (np.inf, np.inf): "C^AD"}
LOSS = "loss L"
PARTS = {  # name -> corner -> sign
    LOSS: {"C": 1},
    "bias = Cᴬᴰ": {"C^AD": 1},
    "Var_A = L − Cᴬ, over projections": {"C": 1, "C^A": -1},
    "Var_D = L − Cᴰ, over training sets": {"C": 1, "C^D": -1},
    "interaction = L − Cᴬ − Cᴰ + Cᴬᴰ": {"C": 1, "C^A": -1, "C^D": -1, "C^AD": 1},
}
SHADES = style.categories(list(PARTS))


class Corners(NamedTuple):
    """The loss of points that differ in ensemble and bags alone, at common times.

    Attributes
    ----------
    fixed : word -> value of all other parameters
    losses : a frame with the times as index and a column for each of CORNERS that is known
    """

    fixed: dict
    losses: pd.DataFrame


@style.styled
def draw(settings, tables):
    """Figure of the parts of the loss against time; L = bias + Var_A + Var_D − interaction.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "curves"; theory alone is shown

    Returns
    -------
    matplotlib Figure
    """
    curves = tables["curves"]
    found = corners(curves) if set(AVERAGES) <= set(curves) else []
    if not found:
        return style.message(settings, "no decomposition: no theory curve has its infinite ensemble or bags beside it")
    figure, panels = style.panels(settings, found)
    drawn, named = [], set()
    for axes, one in panels:
        axes.set(xscale="log", yscale="log", xlabel=known_axis("time", curves), ylabel=known_axis("test_loss", curves))
        axes.set_title(caption(one.fixed, curves, SIZES))
        shown = _draw_parts(axes, one.losses)
        drawn, named = drawn + list(shown.values()), named | set(shown)
    keys = [style.line_key(name, SHADES[name]) for name in PARTS if name in named]
    note = [style.text_key("L = bias + Var_A + Var_D − interaction"), style.text_key(TOLD)]
    style.legend_below(figure, keys + marks.keys(drawn, symbol("time")) + marks.sign_keys(drawn) + note)
    return figure


def corners(curves):
    """All Corners of the theory that have more than the loss itself."""
    rows = curves[(curves["kind"] == "theory") & (curves["status"] == "ok") & (curves["time"] > 0)]
    others = [word for word in parameter_words(curves) if word not in AVERAGES]
    found = []
    for key, family in rows.groupby(others, dropna=False):
        fixed = dict(zip(others, key, strict=True))
        pairs = {CORNERS.get(pair): one for pair, one in family.groupby(list(AVERAGES))}
        losses = {name: one.set_index("time")["test_loss"] for name, one in pairs.items() if name is not None}
        if "C" in losses and len(losses) > 1:
            found.append(Corners(fixed, pd.concat(_completed(losses, fixed), axis=1, join="inner").sort_index()))
    return found


def _completed(losses, fixed):
    """The losses with those of an infinite size, which has no draws to average over: its average is the loss itself."""
    same = [("C", "C^D"), ("C^A", "C^AD")] if fixed.get("samples") == np.inf else []
    same += [("C", "C^A"), ("C^D", "C^AD")] if fixed.get("width") == np.inf else []
    return losses | {average: losses[loss] for loss, average in same if loss in losses}


def part(losses, signs):
    """Line of one of PARTS, the sum of the ``losses`` with their ``signs``, where it is above rounding."""
    values = sum(sign * losses[name].to_numpy(float) for name, sign in signs.items())
    if len(signs) > 1:
        values = above_rounding(values, losses["C"].to_numpy(float))
    known = np.isfinite(values)
    return exact_line(losses.index.to_numpy(float)[known], values[known])


def _draw_parts(axes, losses):
    """The Lines that were drawn, the loss on top; those without a value above rounding are told."""
    known = {name: part(losses, signs) for name, signs in PARTS.items() if set(signs) <= set(losses)}
    shown = {name: line for name, line in known.items() if line.mean.any()}
    for name, line in shown.items():
        marks.draw_signed(axes, line, SHADES[name], width=1.8 if name == LOSS else 1.1)
    none = [name.split(" = ")[0] for name in known if name not in shown]
    style.legend(axes, [style.text_key(" = ".join([*none, "0"]))] if none else [], clear=True)
    return shown
