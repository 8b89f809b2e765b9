import numpy as np
import pytest
from scalefront.figures.labels import equation, exponent, number


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


def test_exponents_have_three_decimals_and_a_true_minus():
    assert exponent(-0.4) == "−0.400"
