"""Local exponents d log y / d log x of every fitted curve, with the window of the fit and the prediction."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.fit_lines import asked_fits, fitted_laws
from scalefront.figures.groups import one_by_one, title_of
from scalefront.figures.labels import caption, exponent, known_axis, symbol
from scalefront.figures.selection import SIZES
from scalefront.fits.asked import asked_curve
from scalefront.fits.selection import MIN_POINTS, Unfitted, parameter_words, select
from scalefront.fits.windows import local_exponents

FIT_LOOK = {"linewidth": 1.8, "solid_capstyle": "butt"}
LEAST_HEIGHT = 0.2  # of the axis of exponents: smaller differences are not blown up
KINDS = {"theory": "#1F4E79", "simulation": "#0072B2"}


@style.styled
def draw(settings, tables):
    """Figure of the local exponents, a panel for each power-law fit of the study and each kind that it fits.

    Parameters
    ----------
    settings : of the study: title, fits
    tables : "curves" and "fits"

    Returns
    -------
    matplotlib Figure
    """
    settings = one_by_one(settings)
    asked = [(name, fit, kind) for name, fit in asked_fits(settings, "power") for kind in _kinds(fit, tables["curves"])]
    if not asked:
        return style.message(settings, "no local exponent: the study asks for no power-law fit")
    figure, panels = style.panels(settings, asked)
    for axes, (name, fit, kind) in panels:
        laws = [law for law in fitted_laws(tables["fits"], name) if law.kind == kind]
        _draw_panel(axes, name, fit, kind, laws, tables["curves"])
    return figure


def _kinds(fit, curves):
    return [fit["where"]["kind"]] if "kind" in fit["where"] else sorted(curves["kind"].unique())


def _draw_panel(axes, name, fit, kind, laws, curves):
    of, against = fit["of"], fit["against"]
    label = f"local exponent d log {symbol(of)} / d log {symbol(against)}"
    if fit.get("excess_over"):
        label = f"local exponent of the excess {symbol(of)} in {symbol(against)}"
    axes.set(xlabel=known_axis(against, curves), ylabel=label)
    try:
        found = _curve(name, fit, kind, curves)
    except Unfitted as error:
        axes.set_title(title_of(name, fit))
        style.tell(axes, f"no curve: {error}")
        return
    axes.set_xscale("log")
    fixed = {
        word: value for word, value in found.parameters.items() if word != against and word in parameter_words(curves)
    }
    told = ", t = ∞" if found.parameters.get("time") == np.inf else ""
    axes.set_title(f"{title_of(name, fit)}, {kind}\n{caption(fixed, curves, SIZES)}{told}")
    handles = [_draw_slopes(axes, found.measured, kind)]
    for law in laws:
        handles += _draw_law(axes, law)
    if fit["predicted"] is not None:
        axes.axhline(fit["predicted"], color="black", linestyle=(0, (4, 2)), linewidth=0.9, gid="prediction")
        handles.append(
            style.line_key(f"predicted {exponent(fit['predicted'])}", "black", linestyle=(0, (4, 2)), linewidth=0.9)
        )
    low, high = axes.get_ylim()
    spare = max(0.0, LEAST_HEIGHT - (high - low)) / 2
    axes.set_ylim(low - spare, high + spare)
    style.legend(axes, handles, "best")


def _curve(name, fit, kind, curves):
    """The curve that a fit asks for; raises Unfitted where there is none or too little of it."""
    rows = select(curves, fit["where"] | {"kind": kind})
    found = asked_curve(rows, curves[curves["kind"] == kind], fit, f"{name}.{kind}")
    if len(found.measured.x) < MIN_POINTS:
        raise Unfitted("no_data", f"{len(found.measured.x)} points are left, {MIN_POINTS} are needed")
    return found


def _draw_slopes(axes, measured, kind):
    """The local exponents of the curve, with one standard error from drawing its seeds again."""
    slopes = local_exponents(measured.x, measured.y)
    axes.plot(measured.x, slopes, color=KINDS[kind], marker="o", markersize=2.2, linewidth=0.8, zorder=3)
    if measured.resampled is not None:
        error = local_exponents(measured.x, measured.resampled).std(axis=0)
        look = {"color": KINDS[kind], "alpha": marks.CENTRAL_ALPHA, "linewidth": 0}
        axes.fill_between(measured.x, slopes - error, slopes + error, **look)
    return style.line_key("local exponent", KINDS[kind], marker="o", markersize=2.2, linewidth=0.8)


def _draw_law(axes, law):
    """The window, shaded, and in it the fitted exponent with its interval; without a window, why."""
    if not law.known:
        return [
            style.text_key(
                f"{law.status.replace('_', ' ')}: {law.reason}" if law.reason else law.status.replace("_", " ")
            )
        ]
    axes.axvspan(*law.window, color=style.FIT, alpha=0.08, linewidth=0, zorder=0, gid="window")
    axes.plot(law.window, [law.exponent] * 2, color=style.FIT, zorder=2.5, gid="fit", **FIT_LOOK)
    if np.isfinite([law.low, law.high]).all():
        axes.fill_between(law.window, law.low, law.high, color=style.FIT, alpha=0.25, linewidth=0, zorder=2)
    return [style.line_key(f"fit in its window (shaded)\n{law.shown}", style.FIT, **FIT_LOOK)]
