"""Loss against the size of an ensemble of students at equal compute, E N constant: many small ones or a large one."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.labels import caption, equation, known_axis, number, product, symbol
from scalefront.figures.loss_against_size import shown_times, tick_sizes
from scalefront.figures.selection import SIZES, lines
from scalefront.fits.selection import at_time, parameter_words
from scalefront.words import axis_label

SPLIT = ("ensemble", "width")


@style.styled
def draw(settings, tables):
    """Figure of L against E, a panel for every E N and every set of other parameters that has several E.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "curves"

    Returns
    -------
    matplotlib Figure
    """
    curves = tables["curves"]
    asked = _panels(curves) if set(SPLIT) <= set(curves) else []
    if not asked:
        return style.message(settings, "no ensembles of equal compute: no curves that differ in E at the same E·N")
    figure, panels = style.panels(settings, asked)
    drawn = []
    for axes, (told, rows) in panels:
        axes.set(xlabel=axis_label("ensemble"), ylabel=known_axis("test_loss", curves), title=told)
        drawn += _draw_times(axes, rows)
    style.legend_below(figure, marks.keys(drawn, symbol("ensemble")))
    return figure


def _panels(curves):
    """(caption, rows) of curves with one E N and several E."""
    finite = curves[np.isfinite(curves["ensemble"]) & np.isfinite(curves["width"])]
    finite = finite.assign(students=finite["ensemble"] * finite["width"])
    words = [word for word in parameter_words(curves) if word not in SPLIT]
    found = []
    for key, rows in finite.groupby(["students", *words], dropna=False):
        if rows["ensemble"].nunique() > 1:
            others = caption(dict(zip(words, key[1:], strict=True)), curves, SIZES)
            found.append((f"{product(SPLIT)} = {number(key[0])}, {others}", rows))
    return found


def _draw_times(axes, rows):
    """The Lines that were drawn, one for each kind and time."""
    drawn, handles = [], []
    times = shown_times(rows["time"])
    shades = style.colours(times)
    for time in times:
        found = lines(at_time(rows, time), "test_loss", "ensemble")
        for line in found.values():
            marks.draw_points(axes, line, shades[time])
        if found:
            handles.append(style.line_key(equation("time", time), shades[time]))
        drawn += found.values()
    if not drawn:
        style.tell(axes, "no positive loss among the rows")
        return []
    axes.set(xscale="log", yscale="log")
    tick_sizes(axes, sorted(rows["ensemble"].unique()))
    style.legend(axes, handles, clear=True)
    return drawn
