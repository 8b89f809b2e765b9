"""Order parameters of the theory: the points of their table, and one quantity of a point as a line."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.figures.labels import caption
from scalefront.figures.selection import SIZES, exact_line
from scalefront.fits.selection import RECORDED

COLUMNS = (*RECORDED, "quantity", "index", "other_time", "rate", "value")  # the others are words of the model
LEAST = 1e-10  # of the largest value of a quantity: contour integrals are good to about 1e-11 of it
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LETTERS = {"C_w": "Cʷ", "C_h": "Cʰ", "C_g": "Cᵍ"}  # there are no such letters to be subscripts


class Solved(NamedTuple):
    """One point of the theory.

    Attributes
    ----------
    caption : its sizes, and what tells it from the other points
    rows : of the table of order parameters, with status "ok" and a finite value
    left_out : number of its rows that are not among them
    """

    caption: str
    rows: pd.DataFrame
    left_out: int


def solved_points(table, quantities):
    """Every point of the ``table`` of order parameters that has one of the ``quantities``, in the table's order."""
    words = [word for word in table.columns if word not in COLUMNS]
    found = []
    for _, rows in table[table["quantity"].isin(quantities)].groupby("point", sort=False):
        good = rows[(rows["status"] == "ok") & np.isfinite(rows["value"].to_numpy(float, na_value=np.nan))]
        if len(good):
            fixed = {word: rows[word].iloc[0] for word in words}
            found.append(Solved(caption(fixed, table, SIZES), good, len(rows) - len(good)))
    return found


def missing(tables):
    """Why there is no point: what a figure without one says."""
    if "order_parameters" not in tables:
        return "no order parameters: the study asks for none"
    return "no order parameters: none of this figure's has converged"


def indices(rows):
    """The ranks k of the modes of ``rows``, ascending."""
    return sorted(int(k) for k in rows["index"].dropna().unique())


def line_of(rows, quantity, index=None, against="time"):
    """Line of one quantity of a point, of mode ``index`` where it has one, at ``against`` > 0 ascending, inf last."""
    rows = rows[rows["quantity"] == quantity]
    if index is not None:
        rows = rows[(rows["index"] == index).fillna(False).to_numpy(bool)]
    rows = rows[rows[against] > 0].sort_values(against)
    return exact_line(rows[against].to_numpy(float), rows["value"].to_numpy(float))


def name_of(quantity):
    """A quantity as it is written in formulas, e.g. ``R₀₂``."""
    return LETTERS.get(quantity, quantity).translate(SUBSCRIPTS)
