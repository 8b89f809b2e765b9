"""Rows of the fits table: what they say of a power law, of a single number, or of why there is none."""

from collections import Counter

import numpy as np

from scalefront.fits.laws import OBJECTIVE

POWER_LAW = {"law": "power", "objective": OBJECTIVE}


def kinds(rows, where):
    """Each kind among ``rows`` with its rows; the asked ones alone, None for nothing, where there are no rows."""
    found = sorted(rows["kind"].unique())
    return [(kind, rows[rows["kind"] == kind]) for kind in found] or [(where.get("kind"), rows)]


def estimated(told, parameters, predicted, found, left_out):
    """One row for exponent and prefactor each.

    Parameters
    ----------
    told : columns that all rows share
    parameters : "exponent" | "prefactor" -> its name in the table
    predicted : None, a number (of the exponent), or name in the table -> number
    found : Estimate
    left_out : Counter of points
    """
    told = told | {"status": found.status, "window_low": found.window.low, "window_high": found.window.high}
    told |= {"starts": 1, "starts_agree": 1} | counts(found.used, left_out, found.reason)
    if found.law is not None:
        law = found.law
        told |= {"at_bound": law.at_bound, "objective_value": law.objective, "interval": found.interval}
        told |= {"level": found.level, "gradient_norm": law.gradient_norm, "condition": law.condition}
    rows = []
    for part, parameter in parameters.items():
        row = told | {"parameter": parameter} | prediction(predicted, parameter, parameters["exponent"])
        if found.law is not None:
            low, high = getattr(found, part)
            row |= {"value": getattr(found.law, part), "stderr": getattr(found.law, f"{part}_stderr")}
            row |= {"low": low, "high": high, "drift": found.drift if part == "exponent" else np.nan}
        rows.append(row)
    return rows


def fitted(told, names, predicted, measured_points, found, left_out):
    """The rows of ``estimated``, with the points outside the window counted among those left out."""
    outside = Counter({"outside the window": measured_points - found.used})
    return estimated(
        told, dict(zip(("exponent", "prefactor"), names, strict=True)), predicted, found, left_out + outside
    )


def unfitted(told, parameters, predicted, error):
    """One row for each parameter, without a value, from an Unfitted."""
    told = told | {"status": error.status} | counts(0, error.left_out, error.reason)
    return [told | {"parameter": one} | prediction(predicted, one, parameters[0]) for one in parameters]


def counts(used, left_out, reason=""):
    """How many points were used and left out, and why: ``reason`` first, where there is no fit."""
    told = [f"{count} {why}" for why, count in left_out.items() if count]
    because = "; ".join([*filter(None, [reason]), *told])
    return {"points_used": used, "points_left_out": sum(left_out.values()), "left_out_because": because or None}


def prediction(predicted, parameter, main):
    """The column ``predicted`` of a parameter; a bare number is that of the ``main`` one."""
    if isinstance(predicted, dict):
        predicted = predicted.get(parameter)
    elif parameter != main:
        predicted = None
    return {"predicted": np.nan if predicted is None else float(predicted)}
