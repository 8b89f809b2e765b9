"""Correlation functions of the theory between two times."""

from typing import NamedTuple

import numpy as np

from scalefront.figures import style
from scalefront.figures.labels import known_axis
from scalefront.figures.order_parameters import LEAST, missing, name_of, solved_points

# of a model: what correlates with itself (theory/dynamical_model.md 2.1, theory/feature_learning.md 2.1)
CORRELATIONS = (
    {"C0": "error", "C1": "residuals", "C2": "gradient", "C3": "projected gradient"},
    {"C_w": "readout", "C_h": "projected gradient", "C_g": "gradient"},
)


class Correlation(NamedTuple):
    """C(t, s) of one point, normalised: C(t, s) / sqrt(C(t, t) C(s, s)), NaN where it is not known or rounding.

    Attributes
    ----------
    title : what it is and of which point
    times : (n,) finite, positive, ascending
    values : (n, n), symmetric, 1 on the diagonal
    """

    title: str
    times: np.ndarray
    values: np.ndarray


@style.styled
def draw(settings, tables):
    """Figure of the normalised correlations over (log t, log s): a row for every point, a panel for each of them.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "order_parameters" where the study asks for them

    Returns
    -------
    matplotlib Figure
    """
    table = tables.get("order_parameters")
    names = {} if table is None else correlations_in(table)
    points = solved_points(table, list(names)) if names else []
    if not points:
        return style.message(settings, missing(tables))
    shown = [correlation(point, name, what) for point in points for name, what in names.items()]
    figure, panels = style.panels(settings, shown, columns=len(names))
    lowest = min((np.nanmin(one.values) for one in shown if np.isfinite(one.values).any()), default=0.0)
    lowest = min(0.0, np.floor(10 * lowest + 0.05) / 10)  # a whole tenth, zero where nothing is below it but rounding
    drawn = [_draw_map(axes, one, lowest, table) for axes, one in panels]
    mapped = [one for one in drawn if one is not None]
    if mapped:
        bar = figure.colorbar(mapped[0], ax=figure.axes, pad=0.01, fraction=0.02, aspect=30)
        bar.set_label("C(t, s) / √(C(t, t) C(s, s))", fontsize=7)
    if any(np.isnan(one.values).any() for one in shown):
        style.legend_below(figure, [style.text_key("blank: C(t, t) below 10⁻¹⁰ of its largest, or not known")])
    return figure


def correlations_in(table):
    """name -> what it is of the correlations of the model that ``table`` is of, none where it has no correlation."""
    known = set(table["quantity"])
    return next((names for names in CORRELATIONS if not known.isdisjoint(names)), {})


def correlation(point, name, what):
    """The normalised Correlation ``name``, of ``what``, of a Solved point; without times where the point has none."""
    rows = point.rows[point.rows["quantity"] == name]
    rows = rows[np.isfinite(rows["time"]) & np.isfinite(rows["other_time"]) & (rows["time"] > 0)]
    matrix = rows[rows["other_time"] > 0].pivot(index="time", columns="other_time", values="value")
    times = matrix.index.to_numpy(float)
    values = matrix.reindex(columns=times).to_numpy(float)
    diagonal = np.diag(values)
    scale = np.sqrt(np.where(diagonal > LEAST * np.nanmax(diagonal, initial=0.0), diagonal, np.nan))
    title = f"{name_of(name)}, {what}\n{point.caption}"
    return Correlation(title, times, values / np.outer(scale, scale))


def _draw_map(axes, found, lowest, table):
    """One heat map, or why there is none."""
    label = known_axis("time", table)
    axes.set(xlabel=label, ylabel=label.replace("time t", "time s"), title=found.title)
    if len(found.times) < 2 or not np.isfinite(found.values).any():
        style.tell(axes, "none at this point")
        return None
    edges = _edges(found.times)
    axes.set(xscale="log", yscale="log")
    axes.grid(visible=False)
    return axes.pcolormesh(edges, edges, found.values.T, cmap=style.SEQUENCE, vmin=lowest, vmax=1, rasterized=True)


def _edges(times):
    """(n + 1,) borders of cells around ``times`` (n,), half way in log."""
    middle = np.sqrt(times[1:] * times[:-1])
    return np.concatenate([[times[0] ** 2 / middle[0]], middle, [times[-1] ** 2 / middle[-1]]])
