"""Expected values from tests/reference/*.toml, compared to the digits they are printed with."""

import tomllib
from decimal import Decimal
from math import floor, isnan, log10
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "reference"


def load(name):
    """The tables of tests/reference/<name>.toml; every float is a Decimal and so keeps its digits."""
    with (REFERENCE / f"{name}.toml").open("rb") as file:
        return tomllib.load(file, parse_float=Decimal)


def floats(values):
    """Decimals as floats."""
    return [float(value) for value in values]


def assert_printed(values, printed, what=""):
    """Each value equals the printed Decimal within one unit of its last digit; a failure says how many digits match."""
    misses = []
    for place, (value, wanted) in enumerate(zip(values, printed, strict=True)):
        _, digits, exponent = wanted.as_tuple()
        if isnan(value) or abs(Decimal(float(value)) - wanted) > Decimal(1).scaleb(exponent):
            misses.append(
                f"{what}[{place}]: {_digits(value, wanted)} digits, wanted {len(digits)}: {value} for {wanted}"
            )
    assert not misses, "\n".join(misses)


def _digits(value, wanted):
    error = abs(float(value) - float(wanted))
    return 0 if isnan(error) else max(0, floor(-log10(error / abs(float(wanted) or 1.0))))
