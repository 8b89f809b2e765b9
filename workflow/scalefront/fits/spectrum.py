"""Capacity and source of a measured spectrum, with intervals from its resampled rows."""

from typing import NamedTuple

import numpy as np

from scalefront.fits import intervals
from scalefront.fits.estimates import Measured, estimate
from scalefront.fits.laws import OBJECTIVE

ROWS = "bootstrap over rows"
NAME = "spectrum"


class _Decay(NamedTuple):
    """A fitted decay -p of y ~ k^-p with its resamples (R,), or why there is none."""

    found: object
    resampled: np.ndarray | None


def spectrum_rows(spectrum, rows):
    """Rows of the fits table for a measured spectrum: fit "spectrum", parameters "capacity" and "source".

    capacity is the decay of lambda_k ~ k^-capacity; the tail of the task power sum_{l>k} T_l ~ k^-(capacity source)
    gives the source. Windows follow the project's rule; intervals are 95 % percentiles over resampled rows.

    Parameters
    ----------
    spectrum : frame with columns resample (null: as measured), index, eigenvalue, task_power
    rows : number of rows of the data, None for a spectrum that was given as a table

    Returns
    -------
    list of dicts
    """
    eigenvalues, tails = _arrays(spectrum)
    capacity = _decay(*eigenvalues, rows)
    tail = _decay(*tails, rows)
    told = {"fit": NAME, "kind": None, "against": "index", "law": "power", "objective": OBJECTIVE}
    first = _row(told | {"of": "eigenvalue", "parameter": "capacity"}, capacity, capacity, rows, lambda p, _: p)
    second = _row(told | {"of": "task_power", "parameter": "source"}, tail, capacity, rows, lambda p, a: p / a)
    return [first, second]


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
    return x[keep], y[keep], again[:, keep]


def _decay(x, y, again, rows):
    measured = Measured(x, y, again, rows) if rows and len(again) else Measured(x, y)
    found = estimate(measured)
    if found.law is None or not len(again):
        return _Decay(found, None)
    inside = found.window.holds(x)
    exponents, _ = intervals.resampled_power_laws(x[inside], again[:, inside])
    return _Decay(found, -exponents)


def _row(told, decay, capacity, rows, combine):
    """One row; ``combine`` makes the parameter of the decay that is fitted and of the capacity."""
    found, missing = decay.found, [one.found for one in (decay, capacity) if one.found.law is None]
    told = told | {"window_low": found.window.low, "window_high": found.window.high, "starts": 1, "starts_agree": 1}
    told |= {"points_used": found.used, "points_left_out": 0, "status": found.status}
    if missing:
        return told | {"status": missing[0].status, "left_out_because": missing[0].reason}
    told |= {"value": combine(-found.law.exponent, -capacity.found.law.exponent), "at_bound": found.law.at_bound}
    told |= {"objective_value": found.law.objective, "condition": found.law.condition}
    told |= {"gradient_norm": found.law.gradient_norm}
    if decay.resampled is not None:
        drawn = combine(decay.resampled, capacity.resampled)
        low, high = intervals.bootstrap_interval(drawn, rows)
        return told | {"low": float(low), "high": float(high), "interval": ROWS, "level": intervals.LEVEL}
    ends = np.array([found.exponent, capacity.found.exponent])
    if np.isfinite(ends).all():
        corners = (
            [combine(-p, -a) for p in ends[0] for a in ends[1]] if decay is not capacity else [-p for p in ends[0]]
        )
        told |= {"low": min(corners), "high": max(corners), "interval": intervals.SUB_WINDOWS}
    return told
