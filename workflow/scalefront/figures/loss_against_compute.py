"""Loss against compute with the compute-optimal frontier, and the optimal size and time along it."""

import numpy as np

from scalefront.figures import style
from scalefront.figures.fit_lines import draw_law, fitted_laws, law_keys
from scalefront.figures.labels import exponent, known_axis, product, symbol
from scalefront.figures.selection import lines
from scalefront.fits.selection import select
from scalefront.words import axis_label

MARKERS = "os^D"
GUIDE_DECADES, GUIDE_OFFSET = 1.5, 0.12  # length; distance below the fit as a share of the panel's height
KINDS = {"theory": style.LIMIT, "simulation": "#0072B2"}


@style.styled
def draw(settings, tables):
    """Figure of L(C), N*(C) and t*(C): all curves, the optima (hollow on the edge of the grid), fits in their windows.

    Parameters
    ----------
    settings : of the study: title, frontier
    tables : "curves", "fits" and "frontier"

    Returns
    -------
    matplotlib Figure
    """
    frontier, title = settings["frontier"], settings["title"]
    if not frontier:
        return style.message(title, "no frontier: the study names no compute")
    rows = select(tables["curves"], frontier["where"])
    rows = rows[np.isfinite(rows["compute"].to_numpy(float, na_value=np.nan)) & (rows["compute"] > 0)]
    figure, panels = style.panels(title, 3)
    size = frontier["size"]
    shown = {
        "loss": ("L*", known_axis("test_loss", rows)),
        "size": (f"{symbol(size)}*", f"optimal {size} {symbol(size)}*"),
        "time": ("t*", known_axis("time", rows).replace("time t", "optimal time t*")),
    }
    compute = axis_label("compute", product(frontier["compute"]))
    for axes, (quantity, (mark, label)) in zip(panels, shown.items(), strict=True):
        axes.set(xlabel=compute, ylabel=label, xscale="log", yscale="log")
        if quantity == "loss":
            _draw_curves(axes, rows, size)
        handles = _draw_optima(axes, quantity, mark, settings, tables)
        if quantity != "loss" and not len(tables["frontier"]):
            style.tell(axes, "no optimum: fewer than three sizes have a curve")
        style.legend(axes, handles, "lower left" if quantity == "loss" else "upper left")
    style.legend_below(figure, _keys(tables["frontier"]))
    return figure


def _draw_curves(axes, rows, size):
    """All curves of the frontier's selection, thin, coloured by their size."""
    values = sorted(rows[size].unique())
    if not values:
        return style.tell(axes, "no curve with a finite compute")
    shades = style.colours(values)
    for value in values:
        for line in lines(rows[rows[size] == value], "test_loss", "compute").values():
            dashes = "-" if line.kind == "theory" else (0, (1, 1))
            axes.plot(line.x, line.mean, color=shades[value], linewidth=0.6, linestyle=dashes, alpha=0.8)
    return style.colour_bar(axes, values, axis_label(size)) if len(values) > 1 else None


def _draw_optima(axes, quantity, mark, settings, tables):
    """Optima of all kinds and methods with their fits and predicted slopes; returns the legend entries."""
    predicted = settings["frontier"]["predicted"].get(f"{quantity}_exponent")
    handles = []
    for (kind, method), optima in tables["frontier"].groupby(["kind", "method"]):
        marker = MARKERS[settings["frontier"]["methods"].index(method) % len(MARKERS)]
        _draw_points(axes, optima, quantity, KINDS[kind], marker)
        names = (f"{quantity}_exponent", f"{quantity}_prefactor")
        for law in fitted_laws(tables["fits"], f"frontier.{method}", *names):
            if law.kind != kind:
                continue
            if law.known:
                draw_law(axes, law, linewidth=6.0)
                if predicted is not None:
                    _draw_guide(axes, law, predicted)
            handles += law_keys(law, mark, symbol("compute"))
    if predicted is not None and handles:
        handles.append(style.line_key(f"predicted p = {exponent(predicted)}", linestyle=(0, (3, 1.5))))
    return handles


def _draw_points(axes, optima, quantity, colour, marker):
    """Optima with their ranges; on the edge of the grid hollow."""
    for edge, found in optima.groupby(optima["edge"].astype(bool)):
        x, y = found["compute"].to_numpy(float), found[quantity].to_numpy(float)
        face = "white" if edge else colour
        look = {"color": colour, "markerfacecolor": face, "markersize": 2.4, "markeredgewidth": 0.6, "zorder": 4}
        axes.plot(x, y, marker, gid="edge" if edge else "optimum", **look)
        if not edge:
            low, high = (found[f"{quantity}_{end}"].to_numpy(float) for end in ("low", "high"))
            axes.vlines(x, low, high, color=colour, linewidth=0.8, zorder=3.5)


def _draw_guide(axes, law, predicted):
    """A short line of the predicted slope below the middle of the fit."""
    middle = np.sqrt(law.window[0] * law.window[1])
    half = min(GUIDE_DECADES, np.log10(law.window[1] / law.window[0])) / 2
    x = middle * 10.0 ** np.array([-half, half])
    bottom, top = axes.get_ylim()
    offset = (bottom / top) ** GUIDE_OFFSET
    y = offset * law.prefactor * middle**law.exponent * (x / middle) ** predicted
    axes.plot(x, y, color=style.GREY, linestyle=(0, (3, 1.5)), zorder=4.5, gid="guide")


def _keys(frontier):
    """Legend entries of the optima."""
    look = {"linestyle": "none", "marker": "o", "markersize": 3.2}
    found = [
        style.line_key(f"optimum, {kind}", KINDS[kind], **look) for kind in KINDS if (frontier["kind"] == kind).any()
    ]
    if frontier["edge"].astype(bool).any():
        found.append(style.line_key("on the edge of the grid, not fitted", markerfacecolor="white", **look))
    return found
