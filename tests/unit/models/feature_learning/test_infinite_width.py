"""Infinite width: printed losses, time exponents of lazy, rich and deep students, limits."""

import numpy as np
import pytest
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.spectra import power_law

from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("feature_learning_flow")


def exponents(capacity, source, windows, richness, depth=1):
    """Exponents of the decay of the loss of 1e9 modes, fitted in windows of two decades from 1e2 on."""
    time = np.logspace(2, 2 + 2 * windows, 20 * windows + 1)
    losses = np.log(infinite_width(power_law(capacity, source, 1e9), time, richness, depth))
    return [-np.polyfit(np.log(time[part]), losses[part], 1)[0] for part in (slice(0, 21), slice(20, 41))[:windows]]


@pytest.mark.parametrize(("number", "depth"), enumerate(REFERENCE["infinite_width"]["depth"]))
def test_losses_equal_the_printed_ones(number, depth):
    expected = REFERENCE["infinite_width"]
    found = infinite_width(power_law(1.5, 0.5, 300), expected["time"], 1.0, depth)
    assert_printed(found, expected["test_loss"][number], f"depth {depth}")


@pytest.mark.parametrize(
    "row", REFERENCE["time_exponents"]["rows"], ids=lambda row: f"{row['capacity']}-{row['source']}"
)
def test_time_exponents_equal_the_measured_ones(row):
    found = [exponents(float(row["capacity"]), float(row["source"]), 1, richness)[0] for richness in (0.0, 1.0, 10.0)]
    np.testing.assert_allclose(found, floats(row["measured"]), rtol=0, atol=0.01)


@pytest.mark.parametrize("row", REFERENCE["depth_exponents"]["rows"], ids=lambda row: f"{row['source']}-{row['depth']}")
def test_time_exponents_of_deep_students_equal_the_measured_ones(row):
    found = exponents(1.5, float(row["source"]), len(row["measured"]), 10.0, row["depth"])
    np.testing.assert_allclose(found, floats(row["measured"]), rtol=0, atol=0.01)


def test_loss_starts_at_its_initial_value_and_ends_at_zero():
    spectrum = power_law(1.5, 0.5, 1e9)
    losses = infinite_width(spectrum, [0.0, 1.0, np.inf], 1.0, 1)
    assert losses[0] == pytest.approx(spectrum.initial_loss, rel=1e-12)
    assert losses[2] == 0


def test_lazy_loss_is_a_sum_of_exponentials():
    spectrum = power_law(2.0, 1.25, 1e6)
    time = np.array([0.3, 10.0, 1e4])
    decay = np.exp(-2 * np.outer(time, spectrum.eigenvalue))
    expected = decay @ (spectrum.multiplicity * spectrum.task_power)
    np.testing.assert_allclose(infinite_width(spectrum, time, 0.0, 1), expected, rtol=1e-12)


def test_groups_stand_for_their_modes():
    time = np.logspace(-1, 3, 9)
    every = infinite_width(power_law(1.5, 0.5, 3000, exact=3000), time, 1.0, 2)
    np.testing.assert_allclose(infinite_width(power_law(1.5, 0.5, 3000), time, 1.0, 2), every, rtol=2e-6)
