"""The measured spectrum: eigenvalues and the power of the task beyond each, with a band from resampled rows."""

import numpy as np

from scalefront.figures import style
from scalefront.figures.fit_lines import LOOK, draw_law, fitted_laws
from scalefront.figures.labels import symbol
from scalefront.words import axis_label

BAND = (0.025, 0.975)
DATA = "#1F4E79"


@style.styled
def draw(settings, tables):
    """Figure of lambda_k and of sum_{l>k} T_l against k, with 95 % bands and the fitted decays in their windows.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "spectrum" (columns resample, index, eigenvalue, task_power) and "fits"

    Returns
    -------
    matplotlib Figure
    """
    if "spectrum" not in tables:
        return style.message(settings, "no measured spectrum: the study's is a power law")
    measured, resampled = _matrices(tables["spectrum"])
    figure, ((left, _), (right, _)) = style.panels(settings, ["eigenvalue", "task_power"])
    left.set(xlabel=axis_label("index"), ylabel="eigenvalue λₖ [feature²]")
    right.set(xlabel=axis_label("index"), ylabel="task power beyond k, Σ λₗwₗ² [target²]")
    columns = (
        (left, measured["eigenvalue"], resampled["eigenvalue"], "capacity", "fit λₖ ~ k^−α"),
        (right, tails(measured["task_power"]), tails(resampled["task_power"]), "source", "fit ~ k^−αβ"),
    )
    for axes, y, again, name, told in columns:
        handles = _draw_column(axes, y, again)
        handles += _draw_decay(axes, y, name, fitted_laws(tables["fits"], "spectrum", name), told)
        style.legend(axes, handles)
    return figure


def tails(power):
    """Power beyond each mode, sum_{l>k} T_l, along the last axis."""
    return np.cumsum(power[..., ::-1], axis=-1)[..., ::-1] - power


def _matrices(spectrum):
    """{column: (K,)} as measured and {column: (R, K)} resampled."""
    first = spectrum["resample"].isna()
    columns = ("eigenvalue", "task_power")
    measured = {name: spectrum.loc[first, name].to_numpy(float) for name in columns}
    modes = len(measured["eigenvalue"])
    return measured, {name: spectrum.loc[~first, name].to_numpy(float).reshape(-1, modes) for name in columns}


def _draw_column(axes, measured, resampled):
    index = np.arange(1.0, len(measured) + 1)
    shown = measured > 0
    axes.set(xscale="log", yscale="log")
    handles = [style.line_key("as measured", DATA, linestyle="none", marker="o", markersize=3)]
    if len(resampled):
        low, high = np.quantile(resampled, BAND, axis=0)
        banded = shown & (low > 0)
        axes.fill_between(index[banded], low[banded], high[banded], color=DATA, alpha=0.2, linewidth=0)
        handles.append(style.band_key(f"95 % of {len(resampled)} resamples of the rows", 0.35))
    axes.plot(index[shown], measured[shown], "o", color=DATA, markersize=2.8, markeredgewidth=0, zorder=3)
    return handles


def _draw_decay(axes, y, name, laws, told):
    """The decay y ~ k^-p that ``laws`` of the parameter ``name`` measured, in its window; legend entries.

    The source is the decay of the tail over the capacity, so the decay itself is the slope of the points in its window.
    """
    handles = []
    index = np.arange(1.0, len(y) + 1)
    for law in laws:
        if not law.known:
            handles.append(style.text_key(f"no fitted {name}: {law.status.replace('_', ' ')}"))
            continue
        draw_law(axes, law.through(index, y))
        handles.append(style.line_key(f"{told}\n{symbol(name)} = {law.shown}", style.FIT, **LOOK))
    return handles
