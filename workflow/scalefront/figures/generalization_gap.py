"""The generalization gap, test_loss + label_noise^2 - train_loss, against time, with the fitted onsets."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.fit_lines import asked_fits, draw_fits
from scalefront.figures.groups import one_by_one
from scalefront.figures.labels import caption, equation, known_axis, symbol
from scalefront.figures.onsets import draw_onset
from scalefront.figures.selection import SIZES, Family, covering, lines
from scalefront.fits.losses import usable
from scalefront.words import axis_label


@style.styled
def draw(settings, tables):
    """Figure of the gap, a panel for every family of curves that differ in samples, or in width, and every onset.

    Parameters
    ----------
    settings : of the study: title, remarks, fits
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    settings, curves = one_by_one(settings), tables["curves"]
    families = covering(usable(curves[np.isfinite(curves["samples"])], "gap")[0]) if "samples" in curves else []
    if not families:
        return style.message(settings, "no generalization gap: no curve has a finite training set")
    onsets = list(asked_fits(settings, "onset", of="gap"))
    figure, panels = style.panels(settings, [*families, *onsets])
    drawn = []
    for axes, family in panels:
        if not isinstance(family, Family):
            draw_onset(axes, *family, curves, tables["fits"])
            continue
        axes.set(xlabel=known_axis("time", curves), ylabel=f"generalization {known_axis('gap', curves)}")
        axes.set_title(caption(family.fixed, curves, SIZES))
        drawn += _draw_family(axes, family, settings, tables["fits"])
    style.legend_below(figure, marks.keys(drawn, symbol("time")) + marks.sign_keys(drawn))
    return figure


def _draw_family(axes, family, settings, fits):
    """The Lines that were drawn."""
    shades, drawn = style.colours(family.sizes), []
    axes.set(xscale="log", yscale="log")
    for size in reversed(family.sizes):
        rows = family.rows[family.rows[family.size] == size]
        for line in lines(rows, "gap").values():
            drawn.append(line)
            marks.draw_signed(axes, line, shades[size])
    if not drawn:
        axes.clear()
        style.tell(axes, "no gap at a time > 0 among the rows")
        return []
    handles = _size_keys(axes, family, shades) + draw_fits(axes, settings, fits, family.rows, "time", "gap")
    style.legend(axes, handles, "best")
    return drawn


def _size_keys(axes, family, shades):
    if len(family.finite_sizes) > style.MOST_LEGEND_ENTRIES:
        style.colour_bar(axes, family.finite_sizes, axis_label(family.size), "top")
        return [style.line_key(equation(family.size, np.inf), style.LIMIT)] if np.inf in family.sizes else []
    return [style.line_key(equation(family.size, size), shades[size]) for size in family.sizes]
