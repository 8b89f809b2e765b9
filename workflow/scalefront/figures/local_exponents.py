"""Local exponents d log y / d log x of every fitted curve, with the window of the fit and the prediction."""

import numpy as np

from scalefront.figures import marks, style
from scalefront.figures.fit_lines import fitted_laws, power_fits
from scalefront.figures.labels import caption, exponent, known_axis, symbol
from scalefront.figures.selection import SIZES
from scalefront.fits.selection import Unfitted, curve, parameter_words, select
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
    asked = [(name, fit, kind) for name, fit in power_fits(settings) for kind in _kinds(fit, tables["curves"])]
    if not asked:
        return style.message(settings["title"], "no local exponent: the study asks for no power-law fit")
    figure, panels = style.panels(settings["title"], len(asked))
    for axes, (name, fit, kind) in zip(panels, asked, strict=True):
        laws = [law for law in fitted_laws(tables["fits"], name) if law.kind == kind]
        _draw_panel(axes, name, fit, kind, laws, tables["curves"])
    return figure


def _kinds(fit, curves):
    return [fit["where"]["kind"]] if "kind" in fit["where"] else sorted(curves["kind"].unique())


def _draw_panel(axes, name, fit, kind, laws, curves):
    of, against = fit["of"], fit["against"]
    axes.set(xlabel=known_axis(against, curves), ylabel=f"local exponent d log {symbol(of)} / d log {symbol(against)}")
    try:
        found = curve(select(curves, fit["where"] | {"kind": kind}), against, of, fit["where"].get("time", np.inf))
    except Unfitted as error:
        axes.set_title(name.replace("_", " "))
        style.tell(axes, f"no curve: {error}")
        return
    axes.set_xscale("log")
    fixed = {
        word: value for word, value in found.parameters.items() if word != against and word in parameter_words(curves)
    }
    told = ", t = ∞" if found.parameters.get("time") == np.inf else ""
    axes.set_title(f"{name.replace('_', ' ')}, {kind}\n{caption(fixed, curves, SIZES)}{told}")
    handles = [_draw_slopes(axes, found, kind)]
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


def _draw_slopes(axes, found, kind):
    """The local exponents of the mean curve, with one standard error from leaving out each seed in turn."""
    slopes, error = slopes_with_errors(found.x, found.losses)
    axes.plot(found.x, slopes, color=KINDS[kind], marker="o", markersize=2.2, linewidth=0.8, zorder=3)
    if error.any():
        axes.fill_between(
            found.x, slopes - error, slopes + error, color=KINDS[kind], alpha=marks.CENTRAL_ALPHA, linewidth=0
        )
    return style.line_key("local exponent", KINDS[kind], marker="o", markersize=2.2, linewidth=0.8)


def slopes_with_errors(x, losses):
    """Local exponents (n,) of the mean over seeds of ``losses`` (seeds, n), and their jackknife errors.

    The errors are 0 below three seeds and where a seed misses a value.
    """
    slopes = local_exponents(x, np.nanmean(losses, axis=0))
    seeds = len(losses)
    if seeds < 3 or not np.isfinite(losses).all():
        return slopes, np.zeros_like(slopes)
    left_out = local_exponents(x, (losses.sum(axis=0) - losses) / (seeds - 1))
    return slopes, np.sqrt((seeds - 1) * left_out.var(axis=0))


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
