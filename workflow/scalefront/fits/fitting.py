"""From a curves table to the tables of fits and of the frontier."""

import pandas as pd

from scalefront.errors import StudyError
from scalefront.fits.binding import DATA
from scalefront.fits.frontier_rows import METHODS, frontier_rows
from scalefront.fits.groups import one_by_one
from scalefront.fits.law_rows import LAWS

FITS_SCHEMA = {
    **dict.fromkeys(("study", "fit", "kind", "of", "against", "law", "objective", "parameter"), "str"),
    **dict.fromkeys(("value", "stderr", "low", "high", "level", "drift"), "float64"),
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
    **dict.fromkeys(("study", "kind", "method", "fit"), "str"),
    **dict.fromkeys(("budget", "compute", *_RANGES), "float64"),
    "edge": "bool",
    "binds": "str",
}


def fit_table(curves, fits, frontier=None, reach=None):
    """Fit all that a study asks for.

    Parameters
    ----------
    curves : curves table of one study
    fits : name -> ``{of, against, where, law, window, predicted, excess_over, to, threshold}``, each law with its own
        of these. ``of`` is a loss column or "gap". Law "power": against ``time``, or against a parameter word at
        ``where.time`` (the nearest of the grid, or inf, the default), of the excess over the curve with the words
        ``excess_over`` replaced if they are given; "onset": the time at which a share reaches ``threshold``, against a
        word; "ratio": of the losses at ``where`` and with ``to`` replaced; "relative_difference": RMS of
        simulation/theory - 1. Without ``where.kind`` every kind is fitted. The floor of a curve is its own row at
        infinite ``against``. ``predicted`` is only passed on: a number (of the exponent) or parameter -> number. With
        words ``by`` it is made for each of ``groups``: name -> ``{where, predicted}``, as the fit ``name.group``
    frontier : None or ``{size, compute, methods, of, where, budget, predicted, by, groups}``
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
        law, replaced = LAWS[spec["law"]], {**(spec.get("excess_over") or {}), **(spec.get("to") or {})}
        for fit, table, one in one_by_one(curves, name, spec, replaced):
            rows += law(table, fit, one, reach)
    for method in (frontier or {}).get("methods", ["envelope"] if frontier else []):
        if method not in METHODS:
            raise StudyError("frontier", "methods", method, " | ".join(METHODS))
        for fit, table, one in one_by_one(curves, f"frontier.{method}", frontier, (frontier["size"], DATA)):
            new_rows, new_points = frontier_rows(table, fit, method, one, reach)
            rows += new_rows
            points += new_points
    study = curves["study"].iloc[0] if len(curves) else ""
    return _frame(rows, study, FITS_SCHEMA), _frame(points, study, FRONTIER_SCHEMA)


def _frame(rows, study, schema):
    filled = [{name: row.get(name) for name in schema} | {"study": study} for row in rows]
    return pd.DataFrame(filled, columns=list(schema)).astype(schema)
