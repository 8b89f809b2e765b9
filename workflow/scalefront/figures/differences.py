"""Differences of losses, and what of them is rounding."""

import numpy as np

from scalefront.fits.losses import ROUNDING

TOLD = "differences below 10⁻⁹ of the loss are rounding, not shown"


def above_rounding(difference, loss):
    """``difference`` (n,) of losses, NaN where it is rounding of the ``loss`` (n,) that it was taken from."""
    return np.where(np.abs(difference) <= ROUNDING * np.abs(loss), np.nan, difference)
