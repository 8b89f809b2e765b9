import numpy as np
import pytest
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.log_grid_rows import Problem, Rows
from scalefront.spectra import power_law

TIME = np.append(0.0, np.geomspace(0.1, 1e6, 150))
SLOPES = [(1.1, 0.1), (1.5, 0.5), (1.5, 1.25), (2.0, 1.75), (3.0, 0.1), (3.0, 3.0)]


def lazy_losses(spectrum):
    """sum_k T_k exp(-2 lambda_k t), the flow at infinite width."""
    return np.exp(-2 * spectrum.eigenvalue * TIME[:, None]) @ (spectrum.multiplicity * spectrum.task_power)


@pytest.mark.parametrize(("capacity", "source"), SLOPES)
@pytest.mark.parametrize("modes", [1e3, 1e8, 1e12])
def test_lazy_losses_of_the_groups_are_those_of_the_modes(capacity, source, modes):
    found = lazy_losses(grouped(capacity, source, modes))
    expected = lazy_losses(power_law(capacity, source, modes))
    allowed = 1.5e-4 if source <= 0.5 else 6e-4 if source <= 1.75 else 2.5e-3  # the docstring's, rounded up
    unlearned = modes**capacity > 10 * TIME  # later the last mode alone is left, and falls exponentially
    np.testing.assert_allclose(found[unlearned], expected[unlearned], rtol=allowed)


@pytest.mark.parametrize("richness", [0.0, 1.0])
@pytest.mark.parametrize(("capacity", "source"), [(1.1, 0.1), (1.5, 0.5), (2.0, 1.75)])
def test_losses_at_finite_width_of_the_groups_are_those_of_finer_ones(capacity, source, richness):
    time = np.append(0.0, np.geomspace(0.1, 1e5, 24))
    fine = power_law(capacity, source, 1e6, exact=60)
    losses = [
        Rows(Problem(spectrum, 1 / 64, 0.0, richness, 0.0, False, 0.0), time).solve().loss
        for spectrum in (grouped(capacity, source, 1e6), fine)
    ]
    np.testing.assert_allclose(*losses, rtol=3e-4)


@pytest.mark.parametrize(("capacity", "source"), SLOPES)
@pytest.mark.parametrize("modes", [65, 200, 1e4, 1e8, 1e12])
def test_groups_count_all_modes_eigenvalues_and_powers(capacity, source, modes):
    spectrum, fine = grouped(capacity, source, modes), power_law(capacity, source, modes)
    assert len(spectrum.eigenvalue) <= 80
    assert spectrum.modes == modes
    np.testing.assert_allclose(spectrum.multiplicity.sum(), modes, rtol=1e-6)
    for name, power in (("trace", capacity), ("initial_loss", capacity * source + 1)):
        # a sum of k^-p from 17 on is the integral from 16.5 up to the midpoint rule's p 16.5^(-p - 1)/24
        allowed = 1.05 * power * 16.5 ** (-power - 1) / 24 + 1e-8
        assert abs(getattr(spectrum, name) - getattr(fine, name)) < allowed


def test_a_short_spectrum_is_exact():
    spectrum = grouped(1.5, 0.5, 64)
    np.testing.assert_array_equal(spectrum.multiplicity, np.ones(64))
    np.testing.assert_allclose(spectrum.eigenvalue, np.arange(1.0, 65) ** -1.5)
