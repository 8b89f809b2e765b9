"""Exponents measured ``by`` words, against the one that takes most values, over the lines of their prediction."""

import numpy as np
import pandas as pd

from scalefront.figures import style
from scalefront.figures.fit_lines import GUIDE
from scalefront.figures.grouped_exponents import (
    SAME,
    asked_of_fits,
    asked_of_frontier,
    decays,
    measured,
    of_paper,
    turned,
)
from scalefront.figures.labels import caption, known_axis, number, told_apart
from scalefront.figures.selection import SIZES
from scalefront.fits.selection import parameter_words, select

SIZE = (3.9, 3.2)  # inches of a panel
MOST_INSIDE = 6  # entries of a legend inside the axes, a longer one stands beside them
MARKERS = {"theory": ("o", 3.4), "simulation": ("s", 3.2)}
LINES = {
    "predicted": ("-", "predicted; grey: of several colours"),
    "paper": (GUIDE, "as the paper states it, where that differs"),
}


@style.styled
def draw(settings, tables):
    """Figure of the exponents of every fit, and of the frontier, that a study makes ``by`` words; a panel for each.

    The horizontal axis is the word of ``by`` with most values, colours are the others. Lines are what is predicted,
    dashed where a paper states something else.

    Parameters
    ----------
    settings : of the study: title, remarks, model, fits, frontier
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    asked = asked_of_fits(settings) + asked_of_frontier(settings)
    shown = [(one, found) for one in asked if len(found := measured(one, tables))]
    if not shown:
        return style.message(settings, "no exponents to compare: the study makes no fit by groups of curves")
    figure, panels = style.panels(settings, shown, size=SIZE)
    keys = {}
    for axes, (one, found) in panels:
        stated = found["fit"].map(of_paper(one, settings["model"], tables["curves"])).astype(float)
        keys |= _draw_panel(axes, one, found.assign(paper=stated), tables["curves"])
    style.legend_below(figure, [keys[name] for name in (*MARKERS, *LINES) if name in keys])
    return figure


def _draw_panel(axes, asked, found, curves):
    """Draw one Asked; returns name -> legend entry of all that other panels may have, too."""
    along = _longest(found, asked.fit["by"])
    others = [word for word in asked.fit["by"] if word != along]
    down = asked.y is not None and decays(found)
    rows = (turned(found) if down else found).sort_values(along)
    axes.set(xlabel=known_axis(along, curves), ylabel=_label(asked, down), title=_title(asked, curves))
    _scale(axes, rows[along])
    lines = dict(list(rows.groupby(others, dropna=False))) if others else {(): rows}
    shades, keys, handles = _colours(list(lines)), {}, []
    for name in LINES:
        keys |= _draw_predicted(axes, name, lines, along, shades)
    for key, points in lines.items():
        for kind, of_kind in points.groupby("kind"):
            _draw_points(axes, of_kind, along, shades[key], *MARKERS[kind])
            shape, size = MARKERS[kind]
            keys[kind] = style.line_key(f"{kind}, with its interval", linestyle="none", marker=shape, markersize=size)
        if others:
            told = [told_apart(word, value) for word, value in zip(others, key, strict=True) if not pd.isna(value)]
            handles.append(style.line_key(", ".join(told), shades[key], linewidth=2.4))
    unfitted = int(rows["value"].isna().sum())
    handles += [style.text_key(f"not shown: {unfitted} of {len(rows)} without a fit")] if unfitted else []
    if len(handles) > MOST_INSIDE:
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.02))
    else:
        style.legend(axes, handles, "best")
    return keys


def _longest(found, by):
    """The word of ``by`` with most values among those that are numbers, the first of several."""
    numbers = [word for word in by if pd.api.types.is_numeric_dtype(found[word])]
    return max(numbers or by, key=lambda word: found[word].nunique())


def _title(asked, curves):
    """The name of the fit, and what all of its curves share."""
    rows = select(curves, asked.fit["where"])
    fixed = {word: rows[word].iloc[0] for word in parameter_words(rows) if rows[word].nunique(dropna=False) == 1}
    name = asked.name.replace("_", " ").replace(".", ", ")
    return "\n".join(filter(None, [name, caption(fixed, curves, SIZES)]))


def _label(asked, down):
    if asked.y is None:
        return asked.parameter.replace("_", " ")
    return f"exponent r of {asked.y} ~ {asked.x}⁻ʳ" if down else f"exponent p of {asked.y} ~ {asked.x}ᵖ"


def _scale(axes, values):
    """A logarithmic axis for positive values that are more evenly spaced on it; few of them are its ticks."""
    if not pd.api.types.is_numeric_dtype(values):
        return
    finite = sorted({value for value in values if np.isfinite(value)})
    if len(finite) > 2 and finite[0] > 0 and _unevenness(np.log(finite)) < _unevenness(finite):
        axes.set_xscale("log")
    if len(finite) <= style.MOST_LEGEND_ENTRIES:
        axes.set_xticks(finite, [number(value) for value in finite])
        axes.set_xticks([], minor=True)


def _unevenness(values):
    steps = np.diff(values)
    return steps.std() / steps.mean()


def _colours(keys):
    """key -> colour: along the sequence where one number tells them apart, else one of the palette each."""
    values = [key[0] for key in keys if len(key) == 1]
    if len(values) == len(keys) > 1 and all(isinstance(value, float) for value in values):
        return dict(zip(keys, style.colours(values).values(), strict=True))
    return style.categories(keys)


def _draw_points(axes, rows, along, colour, marker, size):
    """Points with bars of their intervals; those at infinity on the right edge."""
    look = {"color": colour, "markerfacecolor": "white", "markeredgewidth": 1.0, "linestyle": "none", "zorder": 3.5}
    for infinite, found in rows.groupby(_infinite(rows[along])):
        place = {"transform": axes.get_yaxis_transform(), "clip_on": False} if infinite else {}
        x = np.ones(len(found)) if infinite else found[along].to_numpy()
        axes.vlines(x, found["low"], found["high"], color=colour, linewidth=1.4, zorder=3, **place)
        axes.plot(x, found["value"], marker=marker, markersize=size, gid="measured", **look, **place)


def _draw_predicted(axes, name, lines, along, shades):
    """Lines of the column ``name``, in grey where several colours share one; returns the legend entry if there are."""
    linestyle, label = LINES[name]
    shared = {}
    for key, rows in lines.items():
        rows = rows[~_infinite(rows[along])].drop_duplicates(along)
        told = rows[name] if name == "predicted" else rows[name].where((rows[name] - rows["predicted"]).abs() > SAME)
        if told.notna().any():
            text = tuple(zip(rows[along], told.round(9).fillna(np.inf), strict=True))
            shared.setdefault(text, []).append((key, rows[along].to_numpy(), told.to_numpy()))
    for (key, x, y), *others in shared.values():
        colour = style.GREY if others else shades[key]
        axes.plot(x, y, color=colour, linestyle=linestyle, linewidth=1.1, zorder=2, gid=name)
    return {name: style.line_key(label, linestyle=linestyle, linewidth=1.1)} if shared else {}


def _infinite(values):
    return np.isinf(values.to_numpy(float)) if pd.api.types.is_numeric_dtype(values) else np.zeros(len(values), bool)
