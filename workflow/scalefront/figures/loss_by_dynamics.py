"""Loss against time of curves that differ in their dynamics: richness, network, optimizer, batch, label noise."""

import numpy as np
import pandas as pd

from scalefront.figures import marks, style
from scalefront.figures.labels import caption, known_axis, symbol, told_apart
from scalefront.figures.selection import SIZES, lines
from scalefront.fits.selection import parameter_words

NETWORK = ("richness", "architecture", "depth")
MOST_CURVES = 5  # of one panel, where NETWORK can part them
DYNAMICS = (*NETWORK, "optimizer", "learning_rate", "momentum", "inertia", "batch", "label_noise")


@style.styled
def draw(settings, tables):
    """Figure of L(t), a panel for every set of curves that differ in the words of DYNAMICS alone.

    Where these are too many to tell apart, the network has panels of its own, too.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "curves"

    Returns
    -------
    matplotlib Figure
    """
    curves = tables["curves"]
    asked = _panels(curves)
    if not asked:
        return style.message(settings, "no curves that differ in network, optimizer, step size, batch or label noise")
    figure, panels = style.panels(settings, asked)
    drawn = []
    for axes, (fixed, rows) in panels:
        axes.set(xlabel=known_axis("time", curves), ylabel=known_axis("test_loss", curves))
        axes.set_title(caption(fixed, curves, SIZES))
        drawn += _draw_curves(axes, rows)
    style.legend_below(figure, marks.keys(drawn, symbol("time")))
    return figure


def _panels(curves):
    """(word -> value of all parameters but the dynamics, rows), where the rows hold several points."""
    words = [word for word in parameter_words(curves) if word not in DYNAMICS]
    found = [(fixed, rows) for fixed, rows in _groups(curves, words) if rows["point"].nunique() > 1]
    return [panel for fixed, rows in found for panel in _readable(fixed, rows)]


def _groups(rows, words):
    """(word -> value, rows) of the rows that share the values of ``words``."""
    groups = rows.groupby(words, dropna=False) if words else [((), rows)]
    return [(dict(zip(words, key, strict=True)), found) for key, found in groups]


def _readable(fixed, rows):
    """One panel, or several by the first word of NETWORK whose curves are fewer, and more than one, in each."""
    if rows["point"].nunique() <= MOST_CURVES:
        return [(fixed, rows)]
    for word in NETWORK:
        groups = _groups(rows, [word]) if word in rows else []
        if len(groups) > 1 and all(found["point"].nunique() > 1 for _, found in groups):
            return [panel for told, found in groups for panel in _readable(fixed | told, found)]
    return [(fixed, rows)]


def _draw_curves(axes, rows):
    """The Lines that were drawn, each named by what differs."""
    differing = [word for word in DYNAMICS if word in rows and rows[word].nunique(dropna=False) > 1]
    groups = list(rows.groupby(differing, dropna=False))
    shades, drawn, handles = _colours([key for key, _ in groups]), [], []
    for key, found in groups:
        told = [told_apart(word, value) for word, value in zip(differing, key, strict=True) if not pd.isna(value)]
        found = lines(found, "test_loss")
        for line in found.values():
            marks.draw_curve(axes, line, shades[key])
        if found:
            handles.append(style.line_key(", ".join(told), shades[key]))
        drawn += found.values()
    if not any(len(line.finite.x) for line in drawn):
        axes.clear()
        style.tell(axes, "no positive loss at a finite time > 0 among the rows")
        return []
    axes.set(xscale="log", yscale="log")
    style.legend(axes, handles, clear=True)
    return drawn


def _colours(keys):
    """key -> colour: along the sequence where one number differs, else one of the palette each."""
    values = [key[0] for key in keys]
    if len(keys[0]) == 1 and all(isinstance(value, float) and np.isfinite(value) for value in values):
        return dict(zip(keys, style.colours(values).values(), strict=True))
    return style.categories(keys)
