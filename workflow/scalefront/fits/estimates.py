"""A power law with its window and its intervals: what every power-law row of the fits table is made from."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from scalefront.fits import intervals
from scalefront.fits.laws import PowerLaw, drift, fit_power_law
from scalefront.fits.windows import Window, automatic_window, local_exponents

NO_INTERVAL = (np.nan, np.nan)


class Measured(NamedTuple):
    """A measured curve and what its noise is.

    Attributes
    ----------
    x, y : (n,) positive, x ascending
    resampled : (R, n) the curve drawn again from its seeds; None if it has no noise or too few seeds
    seeds : number of seeds, 0 for a curve without noise
    """

    x: np.ndarray
    y: np.ndarray
    resampled: np.ndarray | None = None
    seeds: int = 0


class Estimate(NamedTuple):
    """A fitted power law.

    Attributes
    ----------
    status : "ok" | "no_window" | "at_bound", with the reason where it is not ok
    window : Window
    law : PowerLaw, None without a window
    exponent, prefactor : (low, high), NaN where there is no interval
    interval : how the intervals were made, None where there are none
    level : confidence level of a bootstrap, NaN otherwise
    used : number of points in the window
    drift : by how much the local exponent changes over the window, NaN without one
    """

    status: str
    reason: str
    window: Window
    law: PowerLaw | None = None
    exponent: tuple = NO_INTERVAL
    prefactor: tuple = NO_INTERVAL
    interval: str | None = None
    level: float = np.nan
    used: int = 0
    drift: float = np.nan


def measure(curve, name):
    """A selected curve with its resamples, seeded by ``name``, and a Counter of the points that are left out of it."""
    again = None
    if curve.seeds >= intervals.MIN_SEEDS:
        again = intervals.resampled_means(curve.losses, intervals.generator(name), curve.whole_curves)
    return told_from_zero(Measured(curve.x, curve.mean, again, curve.seeds))


def told_from_zero(measured):
    """The points that are positive on average and in every resample, and a Counter of why the others are left out.

    A loss is positive in every run; a gap, or an excess over a reference, need not be.
    """
    positive = measured.y > 0
    seen = positive if measured.resampled is None else positive & (measured.resampled > 0).all(axis=0)
    why = {"not positive": ~positive, "not told from zero by the seeds": positive & ~seen}
    resampled = None if measured.resampled is None else measured.resampled[:, seen]
    kept = measured._replace(x=measured.x[seen], y=measured.y[seen], resampled=resampled)
    return kept, +Counter({reason: int(which.sum()) for reason, which in why.items()})


def estimate(measured, window="auto", reach=None, floor=0.0):
    """Power law of a measured curve in its window, with intervals.

    Parameters
    ----------
    measured : Measured
    window : "auto", or (low, high) as a study gives it
    reach, floor : as of ``automatic_window``; not looked at for a given window

    Returns
    -------
    Estimate
    """
    chosen = _window(measured, window, reach, floor)
    if chosen.status != "ok":
        return Estimate(chosen.status, chosen.reason, chosen)
    inside = chosen.holds(measured.x)
    x, y = measured.x[inside], measured.y[inside]
    law = fit_power_law(x, y)
    exponent, prefactor, made_by = _intervals(x, y, measured, inside)
    status, reason = ("at_bound", f"exponent at its bound {law.exponent:.3g}") if law.at_bound else ("ok", "")
    level = intervals.LEVEL if made_by == intervals.BOOTSTRAP else np.nan
    used = int(inside.sum())
    return Estimate(status, reason, chosen, law, exponent, prefactor, made_by, level, used, drift(x, y))


def _window(measured, window, reach, floor):
    if not isinstance(window, str):
        given = Window(float(window[0]), float(window[1]))
        points = int(given.holds(measured.x).sum())
        enough = points >= intervals.MIN_SUB_WINDOW_POINTS
        return given if enough else given._replace(status="no_window", reason=f"{points} points in the given window")
    return automatic_window(measured.x, measured.y, reach, floor, noise=_slope_noise(measured))


def _slope_noise(measured):
    """Standard errors of the local exponents, (n,) or 0."""
    if measured.resampled is None or len(measured.x) < 2:
        return 0.0
    return local_exponents(measured.x, measured.resampled).std(axis=0)


def _intervals(x, y, measured, inside):
    if measured.seeds == 0:
        exponent, prefactor = intervals.sub_window_ranges(x, y)
        return exponent, prefactor, intervals.SUB_WINDOWS if np.isfinite(exponent[0]) else None
    if measured.resampled is None:
        return NO_INTERVAL, NO_INTERVAL, None
    again = intervals.resampled_power_laws(x, measured.resampled[:, inside])
    ends = [tuple(map(float, intervals.bootstrap_interval(values, measured.seeds))) for values in again]
    return *ends, intervals.BOOTSTRAP
