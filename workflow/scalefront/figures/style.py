"""The look of all figures, and how they are saved: the same data give the same bytes."""

import math
import textwrap

import matplotlib.style
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from scalefront.atomic import atomic

PANEL = (3.2, 2.75)  # inches
SINGLE = 4.6  # inches: a figure of one panel still has room for its title
KEY_WIDTH = 1.6  # inches of a column of the legend below
COLUMNS = 3
ROOM = 0.03  # of the height of a panel, for one line of a legend
LEAST = 1e-16  # of the top of an axis: what lies below is rounding, and would flatten everything else
MOST_LEGEND_ENTRIES = 8  # more curves than this are told apart by a colour bar
GREY, LIMIT, FIT = "0.45", "black", "#D55E00"  # black and vermillion stay apart for every kind of colour blindness
RC = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "figure.titlesize": 9,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 1.2,
    "savefig.dpi": 160,
    "svg.hashsalt": "scalefront",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
}

# Decorator of all that draws: this style alone, whatever a user's own settings are.
styled = matplotlib.style.context(RC, after_reset=True)
# Viridis without its lightest part; the larger, the darker, so that infinity, in black, comes last.
SEQUENCE = LinearSegmentedColormap.from_list("sequence", matplotlib.colormaps["viridis"](np.linspace(0.88, 0.1, 64)))
SECOND_SEQUENCE = LinearSegmentedColormap.from_list(
    "second", matplotlib.colormaps["magma"](np.linspace(0.85, 0.45, 64))
)


def panels(title, count):
    """A figure with ``count`` >= 1 panels in rows of at most three, and the list of its axes."""
    columns = 2 if count == 4 else min(count, COLUMNS)
    rows = math.ceil(count / columns)
    width = max(columns * PANEL[0], SINGLE)
    figure = Figure(figsize=(width, rows * PANEL[1] + 0.35), layout="constrained")
    figure.suptitle(textwrap.fill(title, int(width * 15)), parse_math=False)
    return figure, [figure.add_subplot(rows, columns, number + 1) for number in range(count)]


def message(title, text):
    """A figure that has nothing to show: empty axes and one line that says what is missing."""
    figure, (axes,) = panels(title, 1)
    tell(axes, text)
    return figure


def tell(axes, text):
    """Empty ``axes`` but for ``text`` in their middle."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, textwrap.fill(text, 48), transform=axes.transAxes, ha="center", va="center", color=GREY)


def colours(values, sequence=SEQUENCE):
    """value -> colour: finite values along the sequence (few by rank, many in log), infinity black."""
    finite = sorted({value for value in values if math.isfinite(value)})
    if len(finite) > MOST_LEGEND_ENTRIES:
        places = LogNorm(finite[0], finite[-1])(finite)
    else:
        places = np.linspace(0, 1, len(finite)) if len(finite) > 1 else [0.6] * len(finite)
    found = {value: sequence(float(place)) for value, place in zip(finite, places, strict=True)}
    return found | {value: LIMIT for value in values if not math.isfinite(value)}


def colour_bar(axes, values, label, location="right"):
    """A logarithmic colour bar for the finite ``values`` beside ``axes`` or on their top."""
    finite = [value for value in values if math.isfinite(value)]
    shown = ScalarMappable(LogNorm(min(finite), max(finite)), SEQUENCE)
    bar = axes.figure.colorbar(shown, ax=axes, pad=0.04, fraction=0.06, aspect=25, location=location)
    bar.set_label(label, labelpad=2, fontsize=7)
    bar.ax.tick_params(labelsize=6, pad=1.5)
    bar.outline.set_linewidth(0.4)


def legend(axes, handles, loc="lower left"):
    """A legend inside ``axes``, where decaying curves leave room; a long one gets more of it below them."""
    if axes.get_yscale() == "log":
        bottom, top = axes.get_ylim()
        bottom = max(bottom, top * LEAST)
        room = ROOM * len(handles) if loc == "lower left" else 0
        bottom *= (bottom / top) ** room
        axes.set_ylim(bottom, top)
        _keep_inside(axes, bottom)
    if not handles:
        return
    axes.legend(handles=handles, loc=loc)


def _keep_inside(axes, bottom):
    """Cut the marks that may stand on the edge of ``axes`` at its ``bottom``, below which they would leave it."""
    for line in axes.lines:
        if not line.get_clip_on():
            heights = np.asarray(line.get_ydata(), float)
            line.set_visible(bool(heights.max(initial=0) >= bottom))
            line.set_ydata(np.maximum(heights, bottom))


def legend_below(figure, handles):
    """One legend under all panels: what lines, dots and bands mean."""
    if handles:
        fitting = min(len(handles), int(figure.get_figwidth() / KEY_WIDTH))
        figure.legend(handles=handles, loc="outside lower center", ncols=fitting, fontsize=7)


def line_key(label, colour=GREY, **look):
    """Legend entry of a line or a marker."""
    return Line2D([], [], color=colour, label=label, **look)


def band_key(label, alpha):
    """Legend entry of a band."""
    return Patch(facecolor=GREY, alpha=alpha, linewidth=0, label=label)


def text_key(label):
    """Legend entry without a handle."""
    return Line2D([], [], linestyle="none", label=textwrap.fill(label, 44))


@styled
def save(figure, svg, png):
    """Write ``figure`` to the paths ``svg`` and ``png``: no dates, no versions, no random names in either."""
    _write(figure, svg, "svg", {"Date": None, "Creator": None})
    _write(figure, png, "png", {"Software": None})


def _write(figure, path, form, metadata):
    with atomic(path) as temporary:
        figure.savefig(temporary, format=form, metadata=metadata)
