"""Fitted power laws: their rows of the fits table, drawn in the window of the fit only."""

from typing import NamedTuple

import numpy as np

from scalefront.figures import style
from scalefront.figures.labels import exponent, symbol
from scalefront.fits.selection import select
from scalefront.fits.windows import within

GUIDE, GUIDE_DECADES, GUIDE_OFFSET = (0, (3, 1.5)), 1.5, 0.12  # dashes; length; share of the axis below the fit
LOOK = {"linewidth": 4.0, "alpha": 0.6, "solid_capstyle": "butt"}


class FittedLaw(NamedTuple):
    """A power law y = prefactor x^exponent of the fits table.

    Attributes
    ----------
    kind : "simulation" | "theory"
    exponent, low, high : the exponent with its interval, NaN where there is none
    prefactor : NaN where the table has none
    window : (low, high)
    status, reason : of the fit
    """

    kind: str
    exponent: float
    low: float
    high: float
    prefactor: float
    window: tuple
    status: str
    reason: str

    @property
    def known(self):
        return bool(np.isfinite([self.exponent, *self.window]).all())

    @property
    def shown(self):
        """The exponent with its interval, as text."""
        interval = f" [{exponent(self.low)}, {exponent(self.high)}]" if np.isfinite([self.low, self.high]).all() else ""
        return exponent(self.exponent) + interval

    def through(self, x, y):
        """The law of least squares in logs through the points (x, y) of its window, where the table has none of y."""
        inside = within(x, self.window) & (y > 0)
        slope, level = np.polyfit(np.log(x[inside]), np.log(y[inside]), 1)
        return self._replace(exponent=float(slope), prefactor=float(np.exp(level)))


def fitted_laws(fits, name, exponent="exponent", prefactor="prefactor"):
    """The laws of the fit ``name``, one for each kind, from the rows of its parameters."""
    rows = fits[fits["fit"] == name]
    laws = []
    for kind, found in rows.groupby("kind", dropna=False):
        values = found.set_index("parameter")
        if exponent not in values.index:
            continue
        row = values.loc[exponent]
        scale = values["value"].get(prefactor, np.nan)
        numbers = [float(v) if v == v and v is not None else np.nan for v in (row.value, row.low, row.high, scale)]
        window = tuple(float(end) if end is not None else np.nan for end in (row.window_low, row.window_high))
        laws.append(FittedLaw(kind, *numbers, window, str(row.status), _text(row.left_out_because)))
    return laws


def _text(value):
    return value if isinstance(value, str) else ""


def draw_law(axes, law, **look):
    """A wide straight line in the window of a known law, and nowhere else, under the points that it is fitted to."""
    if law.known and np.isfinite(law.prefactor):
        x = np.array(law.window)
        axes.plot(x, law.prefactor * x**law.exponent, color=style.FIT, zorder=2.2, gid="fit", **LOOK | look)


def draw_guide(axes, law, predicted):
    """A short line of the predicted slope below the middle of a known law."""
    middle = np.sqrt(law.window[0] * law.window[1])
    half = min(GUIDE_DECADES, np.log10(law.window[1] / law.window[0])) / 2
    x = middle * 10.0 ** np.array([-half, half])
    bottom, top = axes.get_ylim()
    offset = (bottom / top) ** GUIDE_OFFSET
    y = offset * law.prefactor * middle**law.exponent * (x / middle) ** predicted
    axes.plot(x, y, color=style.GREY, linestyle=GUIDE, zorder=4.5, gid="guide")


def guide_key(predicted):
    """Legend entry of the guides of a predicted exponent."""
    return style.line_key(f"predicted p = {exponent(predicted)}", linestyle=GUIDE)


def law_keys(law, y, x, predicted=None):
    """Legend entries of a law of ``y`` in ``x`` (symbols): the fit with its interval, and the prediction."""
    if not law.known:
        found = [style.text_key(f"{y}({x}): no fit, {law.status.replace('_', ' ')}")]
    else:
        found = [style.line_key(f"fit {y} ~ {x}^p\np = {law.shown}", style.FIT, **LOOK)]
    if predicted is not None:
        found.append(style.text_key(f"predicted p = {exponent(predicted)}"))
    return found


def asked_fits(settings, law, against=None, of=None):
    """(name, fit) of the fits of one law that a study asks for, against one word and of one quantity if given."""
    for name, fit in settings["fits"].items():
        if fit["law"] == law and against in (None, fit["against"]) and of in (None, fit["of"]):
            yield name, fit


def power_fits(settings, against=None, of=None):
    """(name, fit) of the power laws of a curve itself; those of its excess over another curve are not among them."""
    return ((name, fit) for name, fit in asked_fits(settings, "power", against, of) if not fit.get("excess_over"))


def laws_among(rows, name, fit, fits):
    """The laws of the fit ``name`` if its curve is among ``rows``, else none."""
    asked = select(rows, {word: value for word, value in fit["where"].items() if word in rows})
    return fitted_laws(fits, name) if len(asked) else []


def draw_fits(axes, settings, fits, rows, against, of="test_loss"):
    """Draw the fits against ``against`` whose curves are among ``rows``; returns their legend entries."""
    handles = []
    for name, fit in power_fits(settings, against, of):
        for law in laws_among(rows, name, fit, fits):
            draw_law(axes, law)
            handles += law_keys(law, symbol(of), symbol(against), fit["predicted"])
    return handles
