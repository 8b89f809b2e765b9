"""Words and numbers on axes, in legends and captions."""

import math
import textwrap

from scalefront.study.spectrum import FORMULAS
from scalefront.words import WORDS, axis_label

CAPTION_WIDTH = 38  # characters over one panel
_UNBROKEN = "\u00a0"  # a space at which no line ends
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# A measured spectrum is not scaled to lambda_1 = T_1 = 1: its units are those of the rows.
MEASURED_UNITS = {"time": "1/feature²", "rate": "feature²"}
MEASURED_UNITS |= dict.fromkeys(("test_loss", "train_loss", "gap"), "target²")
# What a model takes where a study is silent: a caption says what differs from it.
SILENT = {"label_noise": 0.0, "ensemble": 1.0, "bags": 1.0, "optimizer": "gradient_flow"}


def number(value, digits=3):
    """A number in few characters: ``∞``, ``4000``, ``10⁸``, ``2.5·10⁻⁴``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    shown = f"{value:.{digits}g}"
    if value and (not 1e-3 <= abs(value) < 1e5 or value == 1e4):
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return (f"{mantissa}·" if mantissa != "1" else "") + "10" + str(int(power)).translate(_SUPERSCRIPTS)
    return (f"{value:.0f}" if value == int(value) else shown).replace("-", "−")


def exponent(value):
    """An exponent with three decimals and a true minus sign."""
    return f"{value:.3f}".replace("-", "−")


def equation(word, value):
    """``N = 32``; a word without a symbol keeps its name, a text its value."""
    symbol = (WORDS[word].symbol if word in WORDS else "") or word.replace("_", " ")
    return f"{symbol} = {value if isinstance(value, str) else number(value)}"


def known_axis(word, curves):
    """Axis label of a column of a curves table, in the units of its spectrum."""
    measured = "spectrum" in curves and not curves["spectrum"].isin(FORMULAS).all()
    return axis_label(word, MEASURED_UNITS.get(word, "") if measured else "")


def symbol(word):
    """The symbol of a word, its name where it has none."""
    return WORDS[word].symbol or word


def product(words):
    """The symbols of a product of columns, e.g. ``N·t``."""
    return "·".join(symbol(word) for word in words)


def caption(fixed, curves, sizes):
    """What the curves of one panel share: sizes, and what differs elsewhere in the table and is not SILENT."""
    told = []
    for word, value in fixed.items():
        known = value is not None and value == value and value != SILENT.get(word)
        if known and (word in sizes or curves[word].nunique(dropna=False) > 1):
            told.append(told_apart(word, value).replace(" ", _UNBROKEN))
    return textwrap.fill(", ".join(told), CAPTION_WIDTH).replace(_UNBROKEN, " ")


def told_apart(word, value):
    """How a caption or a legend names one of several values: ``N = 32``; a text, like an optimizer, is its own name."""
    return value.replace("_", " ") if isinstance(value, str) else equation(word, value)
