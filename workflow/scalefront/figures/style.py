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
from matplotlib.text import Annotation

from scalefront.atomic import atomic

PANEL = (3.2, 2.75)  # inches
SINGLE = 4.6  # inches: a figure of one panel still has room for its title
KEY, CHARACTER = 0.42, 0.058  # inches of the legend below: of a handle with its space, of a character
KEY_LINE = 0.14  # inches of one more row of the legend below
COLUMNS, MOST_ROWS = 3, 4
ROOM = 0.03  # of the height of a panel, for one line of a legend beside which curves decay
LINE = 0.066  # of the height of a panel: one line of a legend that stands clear of all curves
MARGIN = 0.05  # of an axis, above the highest mark
LEAST = 1e-16  # of the top of an axis: what lies below is rounding, and would flatten everything else
MOST_LEGEND_ENTRIES = 8  # more curves than this are told apart by a colour bar
REMARK_SIZE, REMARK_LINE = 6.5, 0.115  # points; inches from one line to the next
# Okabe and Ito, Color Universal Design (2008), without yellow, which is faint, and vermillion, which is for fits alone
CATEGORIES = ("black", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
# black and vermillion stay apart for every kind of colour blindness
GREY, FAINT, LIMIT, FIT = "0.45", "0.8", "black", "#D55E00"
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


def panels(settings, shown, columns=None, size=PANEL):
    """A figure with one panel for each of ``shown``, under the title of the study and its remarks.

    Parameters
    ----------
    settings : of the study: title and remarks
    shown : list of what the panels show, one at least; beyond ``MOST_ROWS`` rows they are left out, and counted
    columns : panels in a row; by default as many as look well, at most three
    size : (width, height) of a panel in inches

    Returns
    -------
    figure, pairs (axes, what it shows)
    """
    kept = shown[: MOST_ROWS * (columns or COLUMNS)]
    columns = columns or (2 if len(kept) == 4 else min(len(kept), COLUMNS))
    rows = math.ceil(len(kept) / columns)
    width = max(columns * size[0], SINGLE)
    remark = textwrap.fill(_remark(settings, len(kept), len(shown)), int(width * 20))
    room = REMARK_LINE * len(remark.splitlines())
    height = rows * size[1] + 0.35 + room
    figure = Figure(figsize=(width, height), layout="constrained")
    title = figure.suptitle(textwrap.fill(settings["title"], int(width * 15)), parse_math=False)
    if remark:
        _write_below(figure, title, remark, room / height)
    return figure, [(figure.add_subplot(rows, columns, number + 1), one) for number, one in enumerate(kept)]


def _remark(settings, kept, asked):
    left_out = f"Not shown: {asked - kept} of {asked} panels." if asked > kept else ""
    return " ".join(filter(None, [settings.get("remarks", ""), left_out]))


def _write_below(figure, title, remark, room):
    """Small grey lines below ``title``, for which the panels leave ``room``, a share of the height."""
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - room))
    look = {"fontsize": REMARK_SIZE, "color": GREY, "ha": "center", "va": "top", "parse_math": False}
    place = {"xy": (0.5, 0), "xycoords": title, "xytext": (0, -2), "textcoords": "offset points"}
    figure.add_artist(Annotation(remark, annotation_clip=False, **place, **look)).set_gid("remark")


def message(settings, text):
    """A figure that has nothing to show: empty axes and one line that says what is missing."""
    figure, ((axes, _),) = panels(settings, [text])
    tell(axes, text)
    return figure


def tell(axes, text):
    """Empty ``axes`` but for ``text`` in their middle."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, textwrap.fill(text, 48), transform=axes.transAxes, ha="center", va="center", color=GREY)


def colours(values, sequence=SEQUENCE):
    """value -> colour: finite values along the sequence (few, or from zero, by rank, many in log), infinity black."""
    finite = sorted({value for value in values if math.isfinite(value)})
    if len(finite) > MOST_LEGEND_ENTRIES and finite[0] > 0:
        places = LogNorm(finite[0], finite[-1])(finite)
    else:
        places = np.linspace(0, 1, len(finite)) if len(finite) > 1 else [0.6] * len(finite)
    found = {value: sequence(float(place)) for value, place in zip(finite, places, strict=True)}
    return found | {value: LIMIT for value in values if not math.isfinite(value)}


def categories(names):
    """name -> colour of curves without an order: the palette, and beyond its length the sequence, by rank."""
    if len(names) <= len(CATEGORIES):
        return dict(zip(names, CATEGORIES, strict=False))
    return {name: SEQUENCE(rank / (len(names) - 1)) for rank, name in enumerate(names)}


def colour_bar(axes, values, label, location="right"):
    """A logarithmic colour bar for the finite ``values`` beside ``axes`` or on their top."""
    finite = [value for value in values if math.isfinite(value)]
    shown = ScalarMappable(LogNorm(min(finite), max(finite)), SEQUENCE)
    bar = axes.figure.colorbar(shown, ax=axes, pad=0.04, fraction=0.06, aspect=25, location=location)
    bar.set_label(label, labelpad=2, fontsize=7)
    bar.ax.tick_params(labelsize=6, pad=1.5)
    bar.outline.set_linewidth(0.4)


def legend(axes, handles, loc="lower left", clear=False, least=LEAST):
    """A legend inside ``axes``, where decaying curves leave room; a long one gets more of it below them.

    Curves that do not decay leave none: with ``clear`` it has all of its height to itself. What lies below the share
    ``least`` of the top of a logarithmic axis is cut off.
    """
    if axes.get_yscale() == "linear" and clear:
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom - _clear_room(handles) * (top - bottom), top)
    if axes.get_yscale() == "log":
        bottom, top = _cut_off(axes, least)
        room = _clear_room(handles) if clear else ROOM * len(handles) if loc == "lower left" else 0
        bottom *= (bottom / top) ** room
        axes.set_ylim(bottom, top)
        _keep_inside(axes, bottom)
    if not handles:
        return
    axes.legend(handles=handles, loc=loc)


def _cut_off(axes, least):
    """Limits of a logarithmic axis down to ``least`` of its highest mark: what is cut off takes no margin above it."""
    bottom, top = axes.get_ylim()
    highest = axes.dataLim.y1
    if not 0 < highest < math.inf or bottom >= highest * least:
        return bottom, top
    bottom = highest * least
    return bottom, highest * (highest / bottom) ** MARGIN


def _clear_room(handles):
    """Height of a legend over that of the curves above it."""
    lines = sum(1 + handle.get_label().count("\n") for handle in handles)
    share = min(0.7, LINE * lines + 0.02)
    return share / (1 - share)


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
        labels = [handle.get_label() for handle in handles]
        columns = _fitting(labels, figure.get_figwidth())
        rows = math.ceil(len(labels) / columns)
        figure.set_figheight(figure.get_figheight() + KEY_LINE * max(0, rows - 1))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=7)


def _fitting(labels, width):
    """The largest number of columns, filled one after the other, in which ``labels`` fit into ``width`` inches."""
    lengths = [max(len(line) for line in label.splitlines()) for label in labels]
    for count in range(len(labels), 1, -1):
        longest = [max(column) for column in np.array_split(lengths, count)]
        if sum(KEY + CHARACTER * length for length in longest) <= width:
            return count
    return 1


def line_key(label, colour=GREY, **look):
    """Legend entry of a line or a marker."""
    return Line2D([], [], color=colour, label=label, **look)


def band_key(label, alpha):
    """Legend entry of a band."""
    return Patch(facecolor=GREY, alpha=alpha, linewidth=0, label=label)


def text_key(label):
    """Legend entry without a handle."""
    return Line2D([], [], linestyle="none", label=textwrap.fill(label, 44))


def left_out_keys(rows):
    """Legend entry of ``rows`` of a table that have no value, none where there are no such rows."""
    return [text_key(f"{rows} rows left out: unconverged or without a value")] if rows else []


@styled
def save(figure, svg, png):
    """Write ``figure`` to the paths ``svg`` and ``png``: no dates, no versions, no random names in either."""
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")  # once for both
    _write(figure, svg, "svg", {"Date": None, "Creator": None})
    _write(figure, png, "png", {"Software": None})


def _write(figure, path, form, metadata):
    with atomic(path) as temporary:
        figure.savefig(temporary, format=form, metadata=metadata)
