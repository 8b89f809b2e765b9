import numpy as np
import pandas as pd
import pytest
from scalefront.figures.labels import caption, equation, exponent, number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.inf, "∞"),
        (0.0, "0"),
        (4000.0, "4000"),
        (1e4, "10⁴"),
        (1e8, "10⁸"),
        (2.5e-4, "2.5·10⁻⁴"),
        (-0.5, "−0.5"),
        (1.25, "1.25"),
    ],
)
def test_numbers_are_short(value, shown):
    assert number(value) == shown


def test_an_equation_has_the_symbol_of_its_word():
    assert equation("width", 32.0) == "N = 32"
    assert equation("label_noise", 0.5) == "σ = 0.5"
    assert equation("optimizer", "gradient_flow") == "optimizer = gradient_flow"


def test_a_caption_breaks_between_equations_and_leaves_out_defaults_and_nulls():
    fixed = {"width": 100.0, "samples": 200.0, "label_noise": 0.0, "ensemble": 4.0, "bags": 1.0, "batch": np.nan}
    fixed |= {"optimizer": "momentum", "learning_rate": 0.2, "momentum": 0.8}
    curves = pd.DataFrame([fixed, dict.fromkeys(fixed, -1.0)])
    assert caption(fixed, curves, ("width",)) == "N = 100, P = 200, E = 4, momentum,\nη = 0.2, βₘ = 0.8"


def test_exponents_have_three_decimals_and_a_true_minus():
    assert exponent(-0.4) == "−0.400"
