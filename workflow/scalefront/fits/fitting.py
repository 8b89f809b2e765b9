"""From a curves table to the tables of fits and of the frontier."""

from collections import Counter

import numpy as np
import pandas as pd

from scalefront.errors import StudyError
from scalefront.fits import intervals, selection
from scalefront.fits.differences import PARAMETER, relative_difference
from scalefront.fits.estimates import estimate, measure
from scalefront.fits.frontier import QUANTITIES, envelope_frontier
from scalefront.fits.laws import OBJECTIVE
from scalefront.fits.selection import Unfitted

FITS_SCHEMA = {
    **dict.fromkeys(("study", "fit", "kind", "of", "against", "law", "objective", "parameter"), "str"),
    **dict.fromkeys(("value", "stderr", "low", "high", "level"), "float64"),
    "interval": "str",
    "at_bound": "boolean",
    "predicted": "float64",
    "status": "str",
    **dict.fromkeys(("window_low", "window_high"), "float64"),
    **dict.fromkeys(("points_used", "points_left_out"), "int64"),
    "left_out_because": "str",
    "objective_value": "float64",
    **dict.fromkeys(("starts", "starts_agree"), "Int64"),
    **dict.fromkeys(("gradient_norm", "condition"), "float64"),
}
_RANGES = [f"{quantity}{end}" for quantity in ("size", "time", "samples", "loss") for end in ("", "_low", "_high")]
FRONTIER_SCHEMA = {
    **dict.fromkeys(("study", "kind", "method"), "str"),
    **dict.fromkeys(("compute", *_RANGES), "float64"),
    "edge": "bool",
}
METHODS = {"envelope": envelope_frontier}


def fit_table(curves, fits, frontier=None, reach=None):
    """Fit all that a study asks for.

    Parameters
    ----------
    curves : curves table of one study
    fits : name -> ``{of, against, where, law, window, predicted}``. Law "power": against ``time``, or against a
        parameter word at ``where.time`` (the nearest of the grid, or inf, the default). Law "relative_difference": RMS
        of simulation/theory - 1. Without ``where.kind`` every kind is fitted. The floor of a curve is its own row at
        infinite ``against``. ``predicted`` is only passed on: a number (of the exponent) or parameter -> number
    frontier : None or ``{size, compute, methods, of, where, predicted}``
    reach : (parameters, word) -> (low, high) in which a model vouches for the exponents against ``word``, or None

    Returns
    -------
    fits, frontier : frames with the columns of FITS_SCHEMA and of FRONTIER_SCHEMA

    Raises
    ------
    StudyError
        for a word, law or method that does not exist
    """
    rows, points = [], []
    for name, spec in fits.items():
        if spec["law"] not in LAWS:
            raise StudyError("fits", f"{name}.law", spec["law"], " | ".join(LAWS))
        rows += LAWS[spec["law"]](curves, name, spec, reach)
    for method in (frontier or {}).get("methods", ["envelope"] if frontier else []):
        if method not in METHODS:
            raise StudyError("frontier", "methods", method, " | ".join(METHODS))
        new_rows, new_points = _frontier(curves, method, frontier, reach)
        rows, points = rows + new_rows, points + new_points
    study = curves["study"].iloc[0] if len(curves) else ""
    return _frame(rows, study, FITS_SCHEMA), _frame(points, study, FRONTIER_SCHEMA)


def _frame(rows, study, schema):
    filled = [{name: row.get(name) for name in schema} | {"study": study} for row in rows]
    return pd.DataFrame(filled, columns=list(schema)).astype(schema)


def _kinds(rows, where):
    """Each kind among ``rows`` with its rows; the asked ones alone, None for nothing, where there are no rows."""
    kinds = sorted(rows["kind"].unique())
    return [(kind, rows[rows["kind"] == kind]) for kind in kinds] or [(where.get("kind"), rows)]


def _power(curves, name, spec, reach):
    """Rows ``exponent`` and ``prefactor`` of every kind."""
    where, against = spec.get("where", {}), spec["against"]
    of = spec.get("of", "test_loss")
    result = []
    for kind, rows in _kinds(selection.select(curves, where, f"fits.{name}.where"), where):
        told = {"fit": name, "kind": kind, "of": of, "against": against, "law": "power", "objective": OBJECTIVE}
        try:
            curve = selection.curve(rows, against, of, time=where.get("time", np.inf))
        except Unfitted as error:
            result += _unfitted(told, ("exponent", "prefactor"), spec, error)
            continue
        bounds = reach and reach(curve.parameters, against)
        found = estimate(measure(curve, f"{name}.{kind}"), spec.get("window", "auto"), bounds, curve.floor)
        left_out = curve.left_out + Counter({"outside the window": len(curve.x) - found.used})
        result += _estimated(told, {"exponent": "exponent", "prefactor": "prefactor"}, spec, found, left_out)
    return result


def _relative_difference(curves, name, spec, _):
    of, where = spec.get("of", "test_loss"), spec.get("where", {})
    told = {"fit": name, "kind": "simulation", "of": of, "law": PARAMETER, "objective": "root mean square"}
    try:
        found = relative_difference(selection.select(curves, where, f"fits.{name}.where"), of, name)
    except Unfitted as error:
        return _unfitted(told, (PARAMETER,), spec, error)
    known = np.isfinite(found.low)
    told |= {"parameter": PARAMETER, "value": found.value, "low": found.low, "high": found.high, "status": "ok"}
    told |= {"interval": intervals.BOOTSTRAP if known else None, "level": intervals.LEVEL if known else np.nan}
    return [told | _prediction(spec, PARAMETER, PARAMETER) | _left_out(found.used, found.left_out)]


LAWS = {"power": _power, "relative_difference": _relative_difference}


def _frontier(curves, method, spec, reach):
    """Rows of the fits table and of the frontier table."""
    where, name, of = spec.get("where", {}), f"frontier.{method}", spec.get("of", "test_loss")
    result, points = [], []
    quantities = dict(zip(QUANTITIES, (spec["size"], "time", of), strict=True))
    for kind, rows in _kinds(selection.select(curves, where, "frontier.where"), where):
        told = {"fit": name, "kind": kind, "against": "compute", "law": "power", "objective": OBJECTIVE}
        try:
            found = METHODS[method](rows, spec, reach, f"{name}.{kind}")
        except Unfitted as error:
            for quantity, column in quantities.items():
                result += _unfitted(
                    told | {"of": column}, (f"{quantity}_exponent", f"{quantity}_prefactor"), spec, error
                )
            continue
        points += (found.points.assign(kind=kind, method=method)).to_dict("records")
        fitted = len(found.points) - sum(
            found.left_out[reason] for reason in ("on the edge of the grid", "out of reach")
        )
        for quantity, column in quantities.items():
            one = found.exponents[quantity]
            left_out = found.left_out + Counter({"outside the window": fitted - one.used})
            parameters = {part: f"{quantity}_{part}" for part in ("exponent", "prefactor")}
            result += _estimated(told | {"of": column}, parameters, spec, one, left_out)
    return result, points


def _estimated(told, parameters, spec, found, left_out):
    """One row for exponent and prefactor each; ``parameters`` gives their names in the table."""
    told = told | {"status": found.status, "window_low": found.window.low, "window_high": found.window.high}
    told |= {"starts": 1, "starts_agree": 1} | _left_out(found.used, left_out, found.reason)
    if found.law is not None:
        law = found.law
        told |= {"at_bound": law.at_bound, "objective_value": law.objective, "interval": found.interval}
        told |= {"level": found.level, "gradient_norm": law.gradient_norm, "condition": law.condition}
    rows = []
    for part, parameter in parameters.items():
        row = told | {"parameter": parameter} | _prediction(spec, parameter, parameters["exponent"])
        if found.law is not None:
            low, high = getattr(found, part)
            row |= {"value": getattr(found.law, part), "stderr": getattr(found.law, f"{part}_stderr")}
            row |= {"low": low, "high": high}
        rows.append(row)
    return rows


def _unfitted(told, parameters, spec, error):
    told = told | {"status": error.status} | _left_out(0, error.left_out, error.reason)
    return [told | {"parameter": one} | _prediction(spec, one, parameters[0]) for one in parameters]


def _left_out(used, left_out, reason=""):
    """How many points were used and left out, and why: ``reason`` first, where there is no fit."""
    counts = [f"{count} {why}" for why, count in left_out.items() if count]
    because = "; ".join([*filter(None, [reason]), *counts])
    return {"points_used": used, "points_left_out": sum(left_out.values()), "left_out_because": because or None}


def _prediction(spec, parameter, main):
    predicted = spec.get("predicted")
    if isinstance(predicted, dict):
        predicted = predicted.get(parameter)
    elif parameter != main:
        predicted = None
    return {"predicted": np.nan if predicted is None else float(predicted)}
