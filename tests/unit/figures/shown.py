"""What a figure shows: its points, texts and marks, as the tests read them."""

from importlib import import_module

import numpy as np
from scalefront.figures import FIGURES


def vertices(figure):
    """All points (n, 2) that lines, bands and bars of a figure go through."""
    found = []
    for axes in figure.axes:
        found += [line.get_xydata() for line in axes.lines]
        found += [path.vertices for collection in axes.collections for path in collection.get_paths()]
    return np.concatenate(found)


def told(figure):
    """All texts of the panels and legends of a figure but tick labels, as one line."""
    texts = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title)]
    legends = [axes.get_legend() for axes in figure.axes] + figure.legends
    texts += [text.get_text() for legend in legends if legend for text in legend.get_texts()]
    return " ".join(texts).replace("\n", " ")


def marked(figure, gid):
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == gid]


def holds(points, wanted):
    """Whether all points ``wanted`` (n, 2), n >= 1, are among ``points``, to nine digits."""
    have, asked = ({(f"{x:.8e}", f"{y:.8e}") for x, y in pairs} for pairs in (points, wanted))
    return bool(asked) and asked <= have


def draw(name, settings, tables, **changes):
    figure = import_module(FIGURES[name]).draw(settings, tables | changes)
    figure.draw_without_rendering()  # where layout and fonts would warn
    return figure


def remark(figure):
    """The grey lines below the title, as one; empty where there are none."""
    return " ".join(artist.get_text() for artist in figure.artists if artist.get_gid() == "remark").replace("\n", " ")
