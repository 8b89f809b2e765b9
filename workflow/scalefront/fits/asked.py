"""The measured curve that a power law is fitted to: a loss, the gap, or what they have in excess of a reference."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from scalefront.fits.estimates import Measured, measure
from scalefront.fits.excess import measured_excess, over_reference
from scalefront.fits.selection import curve


class Asked(NamedTuple):
    """A measured curve.

    Attributes
    ----------
    measured : Measured
    floor : the value at x = inf where the table has it, else 0
    parameters : word -> value of the curve, ``time`` among them where it is one against another word
    left_out : reason -> number of rows, or of points
    """

    measured: Measured
    floor: float
    parameters: dict
    left_out: Counter


def asked_curve(rows, table, spec, name):
    """The curve that a fit of the law "power" asks for.

    Parameters
    ----------
    rows : curves table of one kind, the rows that the fit selects
    table : all rows of this kind, among which a reference is looked for
    spec : ``{against, of, where, excess_over}`` as in a study
    name : seeds the resamples

    Returns
    -------
    Asked

    Raises
    ------
    Unfitted
        where the rows hold no curve or several, or the table does not hold the reference
    """
    against, of, over = spec["against"], spec.get("of", "test_loss"), spec.get("excess_over")
    found = curve(rows, against, of, spec.get("where", {}).get("time", np.inf))
    if not over:
        measured, left_out = measure(found, name)
        return Asked(measured, max(found.floor, 0.0), found.parameters, found.left_out + left_out)
    excess = over_reference(found, table, of, against, over)
    measured, left_out = measured_excess(excess, name)
    return Asked(measured, excess.floor, found.parameters, excess.left_out + left_out)
