"""Capacity and source of a measured spectrum, with intervals from its resampled rows."""

from typing import NamedTuple

import numpy as np

from scalefront.fits import intervals
from scalefront.fits.estimates import NO_INTERVAL, Measured, estimate
from scalefront.fits.laws import OBJECTIVE

ROWS = "sub-windows and bootstrap over rows"
NAME = "spectrum"


class _Decay(NamedTuple):
    """A fitted decay p of y ~ k^-p among so many modes, its range over sub-windows, and its resamples (R,) or None."""

    found: object
    modes: int
    range: tuple
    resampled: np.ndarray | None


def spectrum_rows(spectrum, rows, window="auto"):
    """Rows of the fits table for a measured spectrum: fit "spectrum", parameters "capacity" and "source".

    capacity is the decay of lambda_k ~ k^-capacity; the tail of the task power sum_{l>k} T_l ~ k^-(capacity source)
    gives the source; it is that of the rows themselves, in which noise adds noise_variance/rows to each task power. An
    interval holds both what can be wrong: the range over sub-windows (a real spectrum is bent) and
    the 95 % percentiles over resampled rows (it is a sample).

    Parameters
    ----------
    spectrum : frame with columns resample (null: as measured), index, eigenvalue, task_power
    rows : number of rows of the data, None for a spectrum that was given as a table
    window : "auto", or (low, high) in k

    Returns
    -------
    list of dicts
    """
    eigenvalues, tails = _arrays(spectrum)
    capacity = _decay(*eigenvalues, rows, window)
    tail = _decay(*tails, rows, window)
    told = {"fit": NAME, "kind": None, "against": "index", "law": "power", "objective": OBJECTIVE}
    return [
        _row(told | {"of": "eigenvalue", "parameter": "capacity"}, [capacity], rows),
        _row(told | {"of": "task_power", "parameter": "source"}, [tail, capacity], rows),
    ]


def _arrays(spectrum):
    """((k, lambda, resampled lambda), (k, tail, resampled tail)) of the modes that every resample has."""
    measured = spectrum[spectrum["resample"].isna()]
    eigenvalue, power = measured["eigenvalue"].to_numpy(), measured["task_power"].to_numpy()
    again = spectrum[spectrum["resample"].notna()]
    shape = (-1, len(eigenvalue))
    lambdas, powers = again["eigenvalue"].to_numpy().reshape(shape), again["task_power"].to_numpy().reshape(shape)
    index = np.arange(1.0, len(eigenvalue) + 1)
    tail, tails = _tail(power), _tail(powers)
    return _positive(index, eigenvalue, lambdas), _positive(index, tail, tails)


def _tail(power):
    """Power beyond each mode, sum_{l>k} T_l, along the last axis."""
    return np.cumsum(power[..., ::-1], axis=-1)[..., ::-1] - power


def _positive(x, y, again):
    keep = (y > 0) & (again > 0).all(axis=0)
    return x[keep], y[keep], again[:, keep], len(x)


def _decay(x, y, again, modes, rows, window):
    measured = Measured(x, y, again, rows) if rows and len(again) else Measured(x, y)
    found = estimate(measured, window)
    if found.law is None:
        return _Decay(found, modes, NO_INTERVAL, None)
    inside = found.window.holds(x)
    low, high = intervals.sub_window_ranges(x[inside], y[inside])[0]
    exponents = -intervals.resampled_power_laws(x[inside], again[:, inside])[0] if len(again) else None
    return _Decay(found, modes, (-high, -low), exponents)


def _row(told, decays, rows):
    """The row of a decay, or of the ratio of two."""
    found = decays[0].found
    told = told | {"window_low": found.window.low, "window_high": found.window.high, "starts": 1, "starts_agree": 1}
    out = decays[0].modes - found.used
    told |= {"points_used": found.used, "points_left_out": out, "status": found.status}
    told |= {"left_out_because": f"{out} outside the window or without power in a resample" if out else None}
    missing = [one.found for one in decays if one.found.law is None]
    if missing:
        return told | {"status": missing[0].status, "left_out_because": missing[0].reason}
    law = found.law
    told |= {"value": _ratio([-one.found.law.exponent for one in decays]), "at_bound": law.at_bound}
    told |= {"objective_value": law.objective, "condition": law.condition, "gradient_norm": law.gradient_norm}
    low = _ratio([decays[0].range[0], *(one.range[1] for one in decays[1:])])
    high = _ratio([decays[0].range[1], *(one.range[0] for one in decays[1:])])
    told |= {"interval": intervals.SUB_WINDOWS}
    if all(one.resampled is not None for one in decays):
        ends = intervals.bootstrap_interval(_ratio([one.resampled for one in decays]), rows)
        low, high = np.fmin(low, ends[0]), np.fmax(high, ends[1])
        told |= {"interval": ROWS, "level": intervals.LEVEL}
    return told | {"low": float(low), "high": float(high)}


def _ratio(values):
    return values[0] if len(values) == 1 else values[0] / values[1]
