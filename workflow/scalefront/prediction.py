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
    since : x from which on it is estimated to hold, where another power comes before it; 0 where none does
    """

    value: float
    statement: str
    source: str
    holds: bool
    range: str
    since: float = 0.0
