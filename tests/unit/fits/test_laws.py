"""The power-law fit against data with known answers and against the normal equations."""

import numpy as np
import pytest
from scalefront.fits.laws import EXPONENT_LIMIT, drift, fit_power_law

X = np.geomspace(10, 1e5, 30)


@pytest.mark.parametrize("exponent", [-2.0, -0.4, 0.0, 1.5])
def test_exact_power_law_gives_its_parameters(exponent):
    law = fit_power_law(X, 3.0 * X**exponent)
    assert law.exponent == pytest.approx(exponent, abs=1e-10)
    assert law.prefactor == pytest.approx(3.0, rel=1e-9)
    assert law.objective < 1e-18
    assert not law.at_bound


def test_noisy_power_law_agrees_with_the_normal_equations():
    y = X**-0.5 * np.exp(np.random.default_rng(0).normal(scale=0.1, size=X.size))
    law = fit_power_law(X, y)
    (slope, intercept), covariance = np.polyfit(np.log(X), np.log(y), 1, cov=True)
    assert law.exponent == pytest.approx(slope, abs=1e-8)
    assert law.prefactor == pytest.approx(np.exp(intercept), rel=1e-7)
    assert law.exponent_stderr == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-4)
    assert law.prefactor_stderr == pytest.approx(law.prefactor * np.sqrt(covariance[1, 1]), rel=1e-4)
    assert law.gradient_norm < 1e-7
    assert law.residuals @ law.residuals == law.objective


def test_condition_does_not_depend_on_the_units_of_x():
    assert fit_power_law(X, X**-0.5).condition == pytest.approx(fit_power_law(1e9 * X, X**-0.5).condition)


def test_exponent_on_its_bound_is_reported():
    x = np.array([1.0, 1.1, 1.2])
    law = fit_power_law(x, x ** (2 * EXPONENT_LIMIT))
    assert law.at_bound


@pytest.mark.parametrize("exponent", [-2.0, 0.0, 1.5])
def test_a_power_law_does_not_drift(exponent):
    assert drift(X, 3.0 * X**exponent) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("x", [X, np.array([2.0, 3.0, 70.0, 1e3, 4e7]), 1e9 * X])
def test_the_drift_is_the_change_of_the_local_exponent(x):
    """log y = 2 - 0.4 u - 0.01 u^2 has the local exponent -0.4 - 0.02 u."""
    u = np.log(x)
    assert drift(x, np.exp(2 - 0.4 * u - 0.01 * u**2)) == pytest.approx(-0.02 * (u[-1] - u[0]), rel=1e-9)
