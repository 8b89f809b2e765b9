"""The plane of capacity and source: its cells, where they stand, and the predicted boundaries of the phases."""

from typing import NamedTuple

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd

from scalefront.figures.labels import number
from scalefront.words import axis_label

WORDS = ("capacity", "source")
PHASES = ("hard", "easy", "super-easy")  # from below to above the boundaries
BOUNDARIES = {  # theory/feature_learning.md 3.3
    "β = 1": (lambda capacity: np.ones_like(capacity), "-"),
    "β = 2 − 1/α": (lambda capacity: 2 - 1 / capacity, (0, (4, 1.6))),
}
FINE = 200  # points of a boundary


class Plane(NamedTuple):
    """Cells over capacity and source, all of one size: a cell stands at the ranks of its values.

    Attributes
    ----------
    capacities, sources : (n,), (m,) ascending, two or more each
    """

    capacities: np.ndarray
    sources: np.ndarray

    def column(self, capacity):
        """Where ``capacity`` stands: the rank of a value of the plane, linear between two of them and beyond."""
        return _place(np.asarray(capacity, float), self.capacities)

    def row(self, source):
        """Where ``source`` stands, as of ``column``."""
        return _place(np.asarray(source, float), self.sources)

    def matrix(self, cells, name):
        """(m, n) column ``name`` of the ``cells``, a frame with capacity and source; NaN where there is no cell."""
        table = cells.pivot(index="source", columns="capacity", values=name)
        return table.reindex(index=self.sources, columns=self.capacities).to_numpy(float)


def plane_of(cells):
    """The Plane of a frame of cells, None where its capacities or sources are less than two."""
    capacities, sources = (np.unique(cells[word].to_numpy(float)) for word in WORDS)
    return Plane(capacities, sources) if min(len(capacities), len(sources)) > 1 else None


def panels_of(found, by):
    """(kind and the words of ``by`` beside the plane, cells) of every panel."""
    others = [word for word in by if word not in WORDS]
    for key, cells in found.groupby(["kind", *others], dropna=False):
        kind, *values = key
        told = {word: value for word, value in zip(others, values, strict=True) if not pd.isna(value)}
        yield kind, told, cells


def prepare(axes, plane):
    """Axes of the plane, a tick at each of its values."""
    for axis, word, values in zip((axes.xaxis, axes.yaxis), WORDS, plane, strict=True):
        axis.set_ticks(range(len(values)), [number(value) for value in values])
        axis.set_label_text(axis_label(word))
    axes.set(xlim=(-0.5, len(plane.capacities) - 0.5), ylim=(-0.5, len(plane.sources) - 0.5))
    axes.grid(visible=False)
    axes.tick_params(length=0)


def draw_boundaries(axes, plane):
    """The boundaries, black on white so that they are seen on every colour, and the phases' names on the right."""
    x = np.linspace(-0.5, len(plane.capacities) - 0.5, FINE)
    capacity = _value(x, plane.capacities)
    halo = [effects.withStroke(linewidth=3.2, foreground="white", alpha=0.8)]
    ends = [axes.get_ylim()[0]]
    for name, (boundary, linestyle) in BOUNDARIES.items():
        y = plane.row(boundary(np.maximum(capacity, 1.0)))
        axes.plot(x, y, color="black", linewidth=1.3, linestyle=linestyle, gid=name, zorder=2, path_effects=halo)
        ends.append(float(np.clip(y[-1], *axes.get_ylim())))
    ends.append(axes.get_ylim()[1])
    for phase, low, high in zip(PHASES, ends[:-1], ends[1:], strict=True):
        if high > low:
            look = {"rotation": 270, "ha": "left", "va": "center", "fontsize": 7, "gid": "phase"}
            axes.text(1.015, (low + high) / 2, phase, transform=axes.get_yaxis_transform(), **look)


def _place(value, values):
    ranks = np.arange(len(values), dtype=float)
    found = np.interp(value, values, ranks)
    first, last = values[1] - values[0], values[-1] - values[-2]
    below, above = (value - values[0]) / first, ranks[-1] + (value - values[-1]) / last
    return np.where(value < values[0], below, np.where(value > values[-1], above, found))


def _value(place, values):
    """The value that stands at ``place``: the inverse of ``_place``."""
    ranks = np.arange(len(values), dtype=float)
    found = np.interp(place, ranks, values)
    first, last = values[1] - values[0], values[-1] - values[-2]
    below, above = values[0] + place * first, values[-1] + (place - ranks[-1]) * last
    return np.where(place < 0, below, np.where(place > ranks[-1], above, found))
