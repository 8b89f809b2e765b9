"""Loss against compute with the compute-optimal frontier, and the optimal size and time along it."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.figures import style
from scalefront.figures.fit_lines import draw_guide, draw_law, fitted_laws, guide_key, law_keys
from scalefront.figures.groups import groups_of, spread
from scalefront.figures.labels import equation, known_axis, product, symbol
from scalefront.figures.selection import lines
from scalefront.fits.selection import select
from scalefront.words import axis_label

MARKERS = "os^D"
BINDING = "X"  # an optimum that more samples would lower most
KINDS = {"theory": style.LIMIT, "simulation": "#0072B2"}
MOST_ROWS = style.MOST_ROWS  # groups of curves that have three panels each; of more of them the loss alone is shown
MOST_PANELS = style.MOST_ROWS * style.COLUMNS


class Part(NamedTuple):
    """What one frontier is drawn from: the study has one, or one for each group of its curves.

    Attributes
    ----------
    name : what its fits have behind ``frontier.<method>``
    told : what its curves share, as text
    rows : of the curves table, with a finite compute
    optima : of the frontier table
    predicted : parameter -> number
    """

    name: str
    told: str
    rows: pd.DataFrame
    optima: pd.DataFrame
    predicted: dict


@style.styled
def draw(settings, tables):
    """Figure of L(C), N*(C) and t*(C): all curves, the optima (hollow on the edge of the grid), fits in their windows.

    Where the frontier has budgets of samples, each has a colour, and crosses are optima at which the samples bind.
    A frontier for each group of curves has panels of its own: of the loss alone where the groups are many.

    Parameters
    ----------
    settings : of the study: title, remarks, fits, frontier
    tables : "curves", "fits" and "frontier"

    Returns
    -------
    matplotlib Figure
    """
    frontier = settings["frontier"]
    if not frontier:
        return style.message(settings, "no frontier: the study names no compute")
    curves, size = tables["curves"], frontier["size"]
    quantities = {
        "loss": ("L*", known_axis("test_loss", curves)),
        "size": (f"{symbol(size)}*", f"optimal {size} {symbol(size)}*"),
        "time": ("t*", known_axis("time", curves).replace("time t", "optimal time t*")),
    }
    compute = axis_label("compute", product(frontier["compute"]))
    parts = _parts(frontier, tables)
    named = quantities if len(parts) <= MOST_ROWS else ["loss"]
    shown = [(part, quantity) for part in parts for quantity in named]
    figure, panels = style.panels(settings, shown, columns=style.COLUMNS)
    for axes, (part, quantity) in panels:
        mark, label = quantities[quantity]
        axes.set(xlabel=compute, ylabel=label, title=part.told, xscale="log", yscale="log")
        if quantity == "loss":
            _draw_curves(axes, part.rows, size, budget=frontier.get("budget"))
        handles = _draw_optima(axes, quantity, mark, frontier, part, tables["fits"])
        if quantity != "loss" and not len(part.optima):
            style.tell(axes, "no optimum: fewer than three sizes have a curve")
        style.legend(axes, handles, "lower left" if quantity == "loss" else "upper left")
    style.legend_below(figure, _keys(tables["frontier"], frontier.get("budget")))
    return figure


def _parts(frontier, tables):
    """The Part of the whole frontier, or those of its groups: evenly spaced ones first."""
    curves, optima = tables["curves"], tables["frontier"]
    groups = groups_of(frontier, curves)
    if not groups:
        return [Part("", "", _with_compute(select(curves, frontier["where"])), optima, frontier["predicted"])]
    found = []
    for group in spread(groups, MOST_PANELS):
        fits = [f"frontier.{method}.{group.name}" for method in frontier["methods"]]
        kept = optima[optima["fit"].isin(fits)]
        found.append(Part(f".{group.name}", group.told, _with_compute(group.rows), kept, group.predicted or {}))
    return found


def _with_compute(rows):
    """The ``rows`` whose compute is positive and finite."""
    return rows[np.isfinite(rows["compute"].to_numpy(float, na_value=np.nan)) & (rows["compute"] > 0)]


def _draw_curves(axes, rows, size, budget):
    """All curves of the frontier's selection, thin, coloured by their size; grey where colours are budgets."""
    values = sorted(rows[size].unique())
    if not values:
        return style.tell(axes, "no curve with a finite compute")
    shades = style.colours(values)
    for (_, value), found in rows.groupby(["point", size], sort=False):
        for line in lines(found, "test_loss", "compute").values():
            look = {"color": style.FAINT} if budget else {"color": shades[value], "alpha": 0.8}
            axes.plot(line.x, line.mean, linewidth=0.6, linestyle="-" if line.kind == "theory" else (0, (1, 1)), **look)
    return style.colour_bar(axes, values, axis_label(size)) if len(values) > 1 and not budget else None


def _draw_optima(axes, quantity, mark, frontier, part, fits):
    """Optima of all kinds and methods with their fits and predicted slopes; returns the legend entries."""
    predicted = part.predicted.get(f"{quantity}_exponent")
    shades = _budget_colours(part.optima)
    handles = []
    for (kind, method), optima in part.optima.groupby(["kind", "method"]):
        marker = MARKERS[frontier["methods"].index(method) % len(MARKERS)]
        for budget, found in _by_budget(optima):
            _draw_points(axes, found, quantity, shades.get(budget, KINDS[kind]), marker)
        names = (f"{quantity}_exponent", f"{quantity}_prefactor")
        for law in fitted_laws(fits, f"frontier.{method}{part.name}", *names):
            if law.kind != kind:
                continue
            draw_law(axes, law, linewidth=6.0)
            if law.known and predicted is not None:
                draw_guide(axes, law, predicted)
            handles += law_keys(law, mark, symbol("compute"))
    if predicted is not None and handles:
        handles.append(guide_key(predicted))
    return handles + (_binding_keys(frontier, fits) if quantity == "loss" else [])


def _binding_keys(frontier, fits):
    """Legend entries of the compute from which on the samples of a budget bind, a power law of the budget."""
    if not frontier.get("budget"):
        return []
    names, predicted = ("binding_exponent", "binding_prefactor"), frontier["predicted"].get("binding_exponent")
    laws = [law for method in frontier["methods"] for law in fitted_laws(fits, f"frontier.{method}", *names)]
    return [key for law in laws for key in law_keys(law, "binding C", symbol("budget"), predicted)]


def _by_budget(optima):
    return optima.groupby("budget", dropna=False) if "budget" in optima else [(np.nan, optima)]


def _budget_colours(frontier):
    """budget -> colour; none for a frontier without budgets."""
    budgets = frontier["budget"].dropna().unique() if "budget" in frontier else ()
    return style.colours(budgets, style.SECOND_SEQUENCE)


def _draw_points(axes, optima, quantity, colour, marker):
    """Optima with their ranges; on the edge of the grid hollow, crosses where the samples bind."""
    binding = _samples_bind(optima)
    for (edge, binds), found in optima.groupby([optima["edge"].astype(bool), binding]):
        x, y = found["compute"].to_numpy(float), found[quantity].to_numpy(float)
        face = "white" if edge else colour
        shape = {"marker": BINDING, "markersize": 4.0} if binds else {"marker": marker, "markersize": 2.4}
        look = {"color": colour, "markerfacecolor": face, "markeredgewidth": 0.6, "zorder": 4, "linestyle": "none"}
        axes.plot(x, y, gid="edge" if edge else "binding" if binds else "optimum", **look, **shape)
        if not edge:
            low, high = (found[f"{quantity}_{end}"].to_numpy(float) for end in ("low", "high"))
            axes.vlines(x, low, high, color=colour, linewidth=0.8, zorder=3.5)


def _samples_bind(optima):
    """(n,) whether the samples of a budget bind at an optimum; frontiers without a budget have none to bind."""
    if "binds" not in optima:
        return np.zeros(len(optima), bool)
    return ((optima["binds"] == "samples").fillna(False) & optima["budget"].notna()).to_numpy(bool)


def _keys(frontier, budget):
    """Legend entries of the optima."""
    look = {"linestyle": "none", "marker": "o", "markersize": 3.2}
    told = {equation("budget", value): shade for value, shade in sorted(_budget_colours(frontier).items())}
    told = told or {kind: colour for kind, colour in KINDS.items() if (frontier["kind"] == kind).any()}
    found = [style.line_key(f"optimum, {name}", colour, **look) for name, colour in told.items()]
    if frontier["edge"].astype(bool).any():
        found.append(style.line_key("on the edge of the grid, not fitted", markerfacecolor="white", **look))
    if _samples_bind(frontier).any():
        found.append(style.line_key(f"{budget} bind, not fitted", **look | {"marker": BINDING, "markersize": 4.5}))
    if budget:
        found.append(style.text_key("fits: of the largest budget"))
    return found
