"""Local exponents, and the one rule for the whole project that says where a curve is a power law.

The rule sees a curve and the range in which its model vouches for it, never a prediction. Its constants were chosen by
the reasons below, before any claim was looked at:

STEP = 1.2           neighbours of a local slope are at least this factor apart in x, so that its noise depends on the
                     curve and not on how densely it is sampled; below the spacing of 10 points a decade.
BAND = 0.05          a local exponent may differ by 5 % from the middle of its range in the window: corrections to
                     scaling of the size of a usual tolerance end a window, rounding and draws do not.
BAND_ABSOLUTE = 0.01 ... or by 0.01, for small exponents. Below it an exponent is not told from zero: a stretch that
                     flat is a plateau and no power law.
NOISE_FACTOR = 2     where the standard error of a local exponent is known, the band is wider by two of them: a
                     departure that the data cannot show does not end a window.
FLOOR_FACTOR = 10    y stays this factor away from its limit at infinite x: at y = 10 floor the exponent of y - floor is
                     bent by 10 %, the full width of the band; a quantity that rises to its limit stays as far below it.
START_FACTOR = 3     without a reach from a model, the first half decade of x counts as start.
MIN_DECADES = 1, MIN_POINTS = 5   less is not called a power law.
"""

from typing import NamedTuple

import numpy as np

STEP = 1.2
BAND = 0.05
BAND_ABSOLUTE = 0.01
NOISE_FACTOR = 2.0
FLOOR_FACTOR = 10.0
START_FACTOR = 3.0
MIN_DECADES = 1.0
MIN_POINTS = 5

_ROUNDING = 1e-9  # relative: a window that ends at a point of the grid holds that point


class Window(NamedTuple):
    """Range low <= x <= high of a fit; ``status`` is "ok" or "no_window" (low and high NaN), with the reason."""

    low: float
    high: float
    status: str = "ok"
    reason: str = ""

    def holds(self, x):
        """Which of the points ``x`` lie in the window: booleans of the shape of x."""
        return within(x, (self.low, self.high))


def within(x, bounds):
    """Whether low <= x <= high, up to rounding: booleans of the shape of x."""
    low, high = bounds
    return (x >= low * (1 - _ROUNDING)) & (x <= high * (1 + _ROUNDING))


def local_exponents(x, y, step=STEP):
    """Slope d log y / d log x at every x, by the three-point derivative in logs.

    With u = log x, v = log y, the nearest neighbours l < i < r that are at least the factor ``step`` away and
    h = u_i - u_l, k = u_r - u_i: s_i = [k (v_i - v_l)/h + h (v_r - v_i)/k] / (h + k), exact for a parabola in logs on
    any grid. Where one neighbour is missing (the ends) it is the slope to the other; where both are, that from end to
    end.

    Parameters
    ----------
    x : (n,) positive, ascending, n >= 2
    y : (..., n) positive
    step : factor >= 1 in x; 1 takes adjacent points

    Returns
    -------
    (..., n) local exponents
    """
    u, v = np.log(x), np.log(y)
    index, distance = np.arange(len(u)), np.log(step) * (1 - _ROUNDING)
    left = np.minimum(np.searchsorted(u, u - distance, side="right") - 1, index - 1)
    right = np.maximum(np.searchsorted(u, u + distance, side="left"), index + 1)
    has_left, has_right = left >= 0, right < len(u)
    left, right = np.where(has_left, left, 0), np.where(has_right, right, len(u) - 1)
    h, k = np.where(has_left, u - u[left], 1.0), np.where(has_right, u[right] - u, 1.0)
    before, after = (v - v[..., left]) / h, (v[..., right] - v) / k
    slope = (k * before + h * after) / (h + k)
    slope = np.where(has_left, np.where(has_right, slope, before), after)
    end_to_end = (v[..., -1:] - v[..., :1]) / (u[-1] - u[0])
    return np.where(has_left | has_right, slope, end_to_end)


def automatic_window(x, y, reach=None, floor=0.0, noise=0.0, band=BAND):
    """The longest window in log x in which a curve is a power law, by the rule of this module.

    Inside ``reach``, with y the factor FLOOR_FACTOR above or below floor, the local exponent may differ by at most
    ``band`` (relative, at least BAND_ABSOLUTE) from the middle of its range in the window, and that middle from zero
    by more than BAND_ABSOLUTE; of two windows of one length the one at larger x is taken. There is no argument for a
    prediction.

    Parameters
    ----------
    x, y : (n,) positive, x ascending
    reach : (low, high) in which start and cut-off leave the exponent alone; None: from START_FACTOR times the first x
    floor : the limit >= 0 that y falls or rises to
    noise : () or (n,) standard errors of the local exponents; 0 for a theory curve
    band : relative half width of the band

    Returns
    -------
    Window; "no_window" if it is shorter than MIN_DECADES or holds fewer than MIN_POINTS points
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    bounds = reach or (START_FACTOR * x[0] if len(x) else np.nan, np.inf)
    usable = within(x, bounds) & ((y >= FLOOR_FACTOR * floor) | (y <= floor / FLOOR_FACTOR))
    if bounds[0] >= bounds[1]:
        return _none("the cut-off leaves no reach in which an exponent could be read")
    if usable.sum() < MIN_POINTS:
        return _none(
            f"{usable.sum()} points in reach {_shown(bounds)} and {FLOOR_FACTOR:g} times from the limit, "
            f"{MIN_POINTS} are needed"
        )
    start, stop, steady = _longest(np.log10(x), local_exponents(x, y), usable, noise, band)
    if start is None:
        return _none(_why_none(steady, bounds))
    return Window(float(x[start]), float(x[stop]))


def _longest(decades, slopes, usable, noise, band):
    """Indices of the ends of the longest window, or None twice; and the decades of the longest steady stretch."""
    high, low = slopes - NOISE_FACTOR * noise, slopes + NOISE_FACTOR * noise
    first_unusable = _next_false(usable)
    best, ends, steady = 0.0, (None, None), 0.0
    for i in np.flatnonzero(usable):
        run = slice(i, first_unusable[i])
        upper, lower = np.maximum.accumulate(high[run]), np.minimum.accumulate(low[run])
        middle = np.abs(upper + lower) / 2
        fits = ((upper - lower) / 2 <= np.maximum(band * middle, BAND_ABSOLUTE)) & (middle > BAND_ABSOLUTE)
        if not fits.any():
            continue
        j = i + np.flatnonzero(fits)[-1]
        length = decades[j] - decades[i]
        steady = max(steady, length)
        if length >= max(best, MIN_DECADES) - _ROUNDING and j - i + 1 >= MIN_POINTS:
            best, ends = max(best, length), (i, j)
    return *ends, steady


def _next_false(flags):
    """For every index the first index at or after it where ``flags`` is false; len(flags) where there is none."""
    places = np.where(flags, len(flags), np.arange(len(flags)))
    return np.minimum.accumulate(places[::-1])[::-1]


def _why_none(steady, bounds):
    if steady == 0.0:
        return f"no stretch of steady, non-zero local exponent in reach {_shown(bounds)}"
    return (
        f"the local exponent is steady over {steady:.2g} decades in reach {_shown(bounds)}: "
        f"{MIN_DECADES:g} decade and {MIN_POINTS} points are needed"
    )


def _none(reason):
    return Window(np.nan, np.nan, "no_window", reason)


def _shown(bounds):
    return f"[{bounds[0]:.3g}, {bounds[1]:.3g}]"
