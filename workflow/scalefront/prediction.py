"""One predicted exponent, and who says so."""

from typing import NamedTuple


class Prediction(NamedTuple):
    """One predicted exponent.

    Attributes
    ----------
    value : exponent p of y ~ x^p
    statement : the prediction in words, with its formula
    source : who says so
    holds : whether the range covers the capacity and source that were asked for
    range : where it is stated or derived to hold, in words
    """

    value: float
    statement: str
    source: str
    holds: bool
    range: str
