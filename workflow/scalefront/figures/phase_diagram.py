"""The phase diagram: the compute exponent of the frontier over capacity and source, measured, and less the predicted.

L* ~ C^-r along the frontier; r in every cell with its interval and with how far it still drifts in the fitted window.
"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm, Colormap, Normalize
from matplotlib.patches import Patch, Rectangle

from scalefront.figures import phases, style
from scalefront.figures.grouped_exponents import asked_of_frontier, measured, turned
from scalefront.figures.labels import told_apart

CELL = (0.62, 0.46)  # inches
ROOM = (1.0, 0.8)  # inches of a panel beside its cells
WITH_DIFFERENCES = 4  # panels of what is measured, of more of them the differences are not shown
HATCH, BLANK = "////", "0.75"
BOX_ALPHA = 0.88  # behind a text: a boundary that crosses it is still seen
DIFFERENCES = matplotlib.colormaps["PuOr"]  # told apart by every kind of colour blindness
STEADY = 5e-4  # a drift below it is told as none
LEAST_DIFFERENCE = 0.02  # the range of colours of differences is at least this to both sides
LARGE, SMALL = 7.5, 5.2  # points: of the number in a cell, of what stands below it
HEIGHTS = {1: (0,), 2: (0.12, -0.2), 3: (0.24, -0.06, -0.31)}  # of the lines in a cell, by their number


@style.styled
def draw(settings, tables):
    """Figure of r over (capacity, source), a panel for each value of the other words of ``by``, and r less predicted.

    Cells of frontiers without an exponent are hatched and say why: all optima on the edge of the grid, or the status
    of the fit.

    Parameters
    ----------
    settings : of the study: title, remarks, frontier
    tables : "curves", "fits" and "frontier"

    Returns
    -------
    matplotlib Figure
    """
    asked = asked_of_frontier(settings, ("loss_exponent",))
    if not asked or not set(phases.WORDS) <= set(asked[0].fit["by"]):
        return style.message(settings, "no phase diagram: the study has no frontier by capacity and source")
    cells = turned(measured(asked[0], tables))
    plane = phases.plane_of(cells) if len(cells) else None
    if plane is None:
        return style.message(settings, "no phase diagram: fewer than two capacities or two sources have a frontier")
    cells = cells.assign(difference=cells["value"] - cells["predicted"], why=_reasons(cells, tables["frontier"]))
    shown = list(phases.panels_of(cells, asked[0].fit["by"]))
    compared = cells["difference"].notna().any() and len(shown) <= WITH_DIFFERENCES
    maps = [MEASURED] + ([DIFFERENCE] if compared else [])
    columns = 2 if len(shown) == 4 else min(len(shown), style.COLUMNS)
    size = [len(values) * cell + room for values, cell, room in zip(plane, CELL, ROOM, strict=True)]
    told = [(one, *panel) for one in maps for panel in shown]
    figure, panels = style.panels(settings, told, columns=columns, size=size)
    several = cells["kind"].nunique() > 1
    for axes, (one, kind, others, of_panel) in panels:
        values = [told_apart(*pair) for pair in others.items()]
        axes.set_title(", ".join([one.title, *values, *([kind] if several else [])]))
        _draw_panel(axes, plane, of_panel, one, one.scale(cells[one.column]))
    for one in maps:
        _colour_bar(figure, [axes for axes, (of, *_) in panels if of is one], one, one.scale(cells[one.column]))
    style.legend_below(figure, _keys(cells, maps))
    return figure


class Map(NamedTuple):
    """One quantity that is shown over the plane.

    Attributes
    ----------
    column : of the frame of cells
    title, label : of its panels, of its colour bar
    colours : colour map
    scale : function from all values to their Normalize
    lines : function from a cell, a named tuple, to its lines of text, the number first
    """

    column: str
    title: str
    label: str
    colours: Colormap
    scale: Callable
    lines: Callable


def _measured_lines(cell):
    """The exponent, its interval where it has one, and its drift where that is known."""
    lines = [f"{cell.value:.3f}"]
    if np.isfinite([cell.low, cell.high]).all():
        lines.append(f"{cell.low:.3f}–{cell.high:.3f}")
    if np.isfinite(cell.drift):
        sign = "→" if abs(cell.drift) < STEADY else "↗" if cell.drift > 0 else "↘"
        lines.append(f"{sign} {abs(cell.drift):.3f}")
    return [line.replace("-", "−") for line in lines]


def _difference_lines(cell):
    return [f"{cell.difference:+.3f}".replace("-", "−"), f"{cell.predicted:.3f}"]


def _range(values):
    known = values[np.isfinite(values)]
    return Normalize(known.min(), known.max()) if len(known) else Normalize(0, 1)


def _symmetric(values):
    return CenteredNorm(0, max(LEAST_DIFFERENCE, np.nanmax(np.abs(values))))


MEASURED = Map("value", "measured r", "measured r of L* ~ C⁻ʳ", style.SEQUENCE, _range, _measured_lines)
DIFFERENCE = Map("difference", "r − predicted", "measured − predicted r", DIFFERENCES, _symmetric, _difference_lines)


def _draw_panel(axes, plane, cells, shown, scale):
    """The cells of one Map: coloured and labelled, or hatched; over them the boundaries, below the texts."""
    phases.prepare(axes, plane)
    matrix = np.ma.masked_invalid(plane.matrix(cells, shown.column))
    edges = (np.arange(len(values) + 1) - 0.5 for values in plane)
    axes.pcolormesh(*edges, matrix, cmap=shown.colours, norm=scale, gid="cells")
    for cell in cells.itertuples():
        place = float(plane.column(cell.capacity)), float(plane.row(cell.source))
        if np.isfinite(getattr(cell, shown.column)):
            _write(axes, place, shown.lines(cell), shown.colours(scale(getattr(cell, shown.column))))
        elif np.isnan(cell.value):
            corner = (place[0] - 0.5, place[1] - 0.5)
            look = {"facecolor": "white", "edgecolor": BLANK, "hatch": HATCH, "linewidth": 0, "gid": "hatched"}
            axes.add_patch(Rectangle(corner, 1, 1, **look))
            _write(axes, place, [cell.why], (1.0, 1.0, 1.0, 1.0), first=SMALL)
    phases.draw_boundaries(axes, plane)


def _write(axes, place, lines, background, first=LARGE):
    """Lines of text in a cell, readable on the colour ``background`` and over what crosses it."""
    dark = np.dot(background[:3], (0.299, 0.587, 0.114)) < 0.5
    box = {"facecolor": background, "alpha": BOX_ALPHA, "linewidth": 0, "pad": 0.4}
    for number, (text, height) in enumerate(zip(lines, HEIGHTS[len(lines)], strict=True)):
        look = {"color": "white" if dark else "black", "fontsize": SMALL if number else first, "bbox": box}
        axes.text(place[0], place[1] + height, text, ha="center", va="center", zorder=4, gid="cell", **look)


def _reasons(cells, frontier):
    """(n,) why a cell has no exponent: its optima are all on the edge of the grid, or the status of its fit."""
    found = []
    for cell in cells.itertuples():
        optima = frontier[(frontier["fit"] == cell.fit) & (frontier["kind"] == cell.kind)]
        on_edge = len(optima) and optima["edge"].astype(bool).all()
        found.append("edge" if on_edge else str(cell.status).replace("_", " "))
    return found


def _colour_bar(figure, axes, shown, scale):
    """One colour bar for all panels of a Map."""
    bar = figure.colorbar(ScalarMappable(scale, shown.colours), ax=axes, pad=0.02, fraction=0.04, aspect=30)
    bar.set_label(shown.label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_linewidth(0.4)


def _keys(cells, maps):
    """Legend entries of the boundaries, of hatched cells, and of what the lines in a cell are."""
    found = [
        style.line_key(f"predicted boundary {name}", "black", linestyle=look, linewidth=1.3)
        for name, (_, look) in phases.BOUNDARIES.items()
    ]
    if cells["value"].isna().any():
        look = {"facecolor": "white", "edgecolor": BLANK, "hatch": HATCH, "linewidth": 0}
        found.append(Patch(label="no exponent: why (edge: all optima on the edge of the grid)", **look))
    small = ["its interval"] if cells["low"].notna().any() else []
    small += ["↗ ↘ rise or fall of the local r in the fitted window"] if cells["drift"].notna().any() else []
    told = [f"below r: {', '.join(small)}"] if small else []
    told += ["below a difference: predicted r"] if DIFFERENCE in maps else []
    return found + [style.text_key(text) for text in told]
