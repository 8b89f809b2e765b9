"""What a study measures ``by`` words: one number of the fits table, with its interval, for each group of curves."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.figures.groups import groups_of
from scalefront.figures.labels import symbol
from scalefront.models import part

COLUMNS = ("value", "low", "high", "drift", "predicted")
PARAMETERS = {"power": "exponent", "onset": "exponent", "ratio": "ratio", "relative_difference": "relative_difference"}
SAME = 1e-9  # exponents that differ by less are one


class Asked(NamedTuple):
    """One number that a study measures for each group of a fit or of its frontier.

    Attributes
    ----------
    name : of the fit, or ``frontier.<method>``
    parameter : its row of the fits table
    fit : the fit or the frontier as the study asks for it
    y, x : symbols of the law y ~ x^p whose exponent it is; None where it is no exponent
    """

    name: str
    parameter: str
    fit: dict
    y: str | None = None
    x: str | None = None


def asked_of_fits(settings):
    """An Asked for every fit that is made ``by`` words."""
    return [_asked(name, fit) for name, fit in settings["fits"].items() if fit.get("by")]


def asked_of_frontier(settings, parameters=("loss_exponent", "size_exponent")):
    """An Asked for every method of the frontier and each of ``parameters``, where it is made ``by`` words."""
    frontier = settings["frontier"] or {}
    if not frontier.get("by"):
        return []
    marks = {"loss_exponent": "L*", "size_exponent": f"{symbol(frontier['size'])}*", "time_exponent": "t*"}
    return [
        Asked(f"frontier.{method}", name, frontier, marks[name], symbol("compute"))
        for method in frontier["methods"]
        for name in parameters
    ]


def measured(asked, tables):
    """Frame of what was measured, a row for each group and kind that the fits table holds.

    Parameters
    ----------
    asked : Asked
    tables : "curves" and "fits"

    Returns
    -------
    frame with kind, fit, status, the words of ``by``; value, low, high, drift, predicted, NaN where the table has none
    """
    rows = tables["fits"][tables["fits"]["parameter"] == asked.parameter]
    numbered = rows.reindex(columns=["fit", "kind", "status", *COLUMNS]).astype(dict.fromkeys(COLUMNS, float))
    groups = [{"fit": fit_of(asked, name)} | told["where"] for name, told in asked.fit["groups"].items()]
    return pd.DataFrame(groups, columns=["fit", *asked.fit["by"]]).merge(numbered, on="fit")


def fit_of(asked, group):
    """The name in the fits table of the fit of a group."""
    return f"{asked.name}.{group}"


def of_paper(asked, model, curves):
    """Fit -> what a paper states for its group; empty where the ``model`` knows of nothing beside its own prediction.

    Its name is that of the prediction which has the predicted value at every group, with ``_paper`` behind it.
    """
    groups = groups_of(asked.fit, curves)
    told = [group.predicted for group in groups]
    told = [value.get(asked.parameter) if isinstance(value, dict) else value for value in told]
    if not groups or None in told or not all(len(group.rows) for group in groups):
        return {}
    exponents = part(model, "exponents")
    words = tuple(exponents.PREDICTED_BY)
    known = [exponents.predictions(**{word: group.rows[word].iloc[0] for word in words}) for group in groups]
    for name in known[0]:
        same = f"{name}_paper" in known[0] and np.allclose([one[name].value for one in known], told, SAME, SAME)
        if same:
            pairs = zip(groups, known, strict=True)
            return {fit_of(asked, group.name): one[f"{name}_paper"].value for group, one in pairs}
    return {}


def decays(found):
    """Whether all exponents of a frame of ``measured`` are negative, so that they are shown as those of decays."""
    known = found["value"].dropna()
    return bool(len(known) and (known < 0).all())


def turned(found):
    """The frame with the exponents p of y ~ x^p as those of decays, y ~ x^-r: r = -p."""
    signs = {name: -found[name] for name in ("value", "drift", "predicted", "paper") if name in found}
    return found.assign(**signs, low=-found["high"], high=-found["low"])


def _asked(name, fit):
    parameter = PARAMETERS[fit["law"]]
    if parameter != "exponent":
        return Asked(name, parameter, fit)
    if fit["law"] == "onset":
        return Asked(name, parameter, fit, "t", symbol(fit["against"]))
    y = symbol(fit["of"])
    return Asked(name, parameter, fit, f"({y} − {y}∞)" if fit.get("excess_over") else y, symbol(fit["against"]))
