import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scalefront.bottlenecks import bottleneck, kappa0
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.kappa import kappa
from scalefront.spectra import Spectrum, power_law

from tests.oracles.printed import assert_printed, load

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1000, exact=1000)
sizes = st.one_of(st.just(np.inf), st.floats(1, 1e12))


def df1(spectrum, at):
    return spectrum.multiplicity @ (spectrum.eigenvalue / (at + spectrum.eigenvalue))


def test_spectrum_of_the_printed_values():
    expected = REFERENCE["spectrum"]
    assert_printed([SPECTRUM.trace, SPECTRUM.initial_loss], [expected["trace"], expected["initial_loss"]])


@pytest.mark.parametrize("row", REFERENCE["kappa"], ids=lambda row: f"{row['width']}-{row['samples']}")
def test_printed_values_of_kappa(row):
    width, samples = float(row["width"]), float(row["samples"])
    assert_printed(bottleneck(SPECTRUM, [width], [samples]).kappa0, [row["kappa0"]], "kappa0")
    z = np.array([[complex(*map(float, line["z"])) for line in row["kappa"]]])
    for value, line in zip(kappa(SPECTRUM, [width], [samples], z).kappa[0], row["kappa"], strict=True):
        expected = [part for part, z_part in zip(line["kappa"], line["z"], strict=True) if part or z_part]
        assert_printed([value.real, value.imag][: len(expected)], expected, f"kappa({line['z']})")
    assert_printed([largest_rate(SPECTRUM, width, samples)], [row["largest_rate"]], "u_max")


def test_kappa0_is_the_root_of_df1_and_zero_without_a_bottleneck():
    spectrum = power_law(1.25, 0.4, 1e8)
    n = np.array([1, 2.5, 1e3, 1e6, 9.9e7])
    found = kappa0(spectrum, n)
    np.testing.assert_allclose([df1(spectrum, at) for at in found], n, rtol=1e-12)
    np.testing.assert_array_equal(kappa0(spectrum, [1e8, 1e9, np.inf]), 0)


@settings(max_examples=60, deadline=None)
@given(sizes, sizes, st.floats(-12, 3), st.floats(-3.05, 3.05))
@example(np.inf, 2.0, 0.0, 3.046875)  # beside the cut, where one iteration less left 1e-12
def test_kappa_solves_its_equation_on_the_right_sheet(width, samples, log_radius, angle):
    z = 10**log_radius * np.exp(1j * angle)
    found = kappa(SPECTRUM, [width], [samples], [[z]])
    assert found.converged.all()
    at = found.kappa[0, 0]
    assert at.imag * z.imag >= 0
    s = df1(SPECTRUM, at)
    # 1 - s/n rounds to 1e-16, which is 1e-16/|1 - s/n| of z: the plain formula, not the one of the solver
    factors = (1 - s / width) * (1 - s / samples)
    rounding = 1e-14 + 1e-15 * abs(at / z) * (1 + abs(1 - s / width) + abs(1 - s / samples))
    assert abs(at * factors / z - 1) < 100 * rounding


def test_width_and_samples_enter_alike():
    width, samples = np.array([3, 100, 1e4, np.inf]), np.array([100, 101, 1e9, 7])
    z = np.tile(1e-6 * np.exp([0.1j, 1.5j, -2.9j]), (4, 1))
    here, there = kappa(SPECTRUM, width, samples, z), kappa(SPECTRUM, samples, width, z)
    np.testing.assert_allclose(here.kappa, there.kappa, rtol=1e-13)


def test_without_bottleneck_kappa_is_z():
    z = np.array([[1e-9 + 1e-9j, -1 + 0.01j, 1e3j]])
    np.testing.assert_allclose(kappa(SPECTRUM, [np.inf], [np.inf], z).kappa, z, rtol=1e-12)


def test_white_spectrum_is_a_quadratic():
    # N = inf: z = kappa (1 - (M/P)/(1 + kappa)), i.e. kappa^2 + (1 - c - z) kappa - z = 0, c = M/P
    spectrum = Spectrum(np.ones(1), np.ones(1) / 200, np.array([200.0]), 200.0)
    for samples in (50.0, 400.0):
        for point in (1.0, 1e-3j, -0.5 + 0.1j):
            roots = np.roots([1, 1 - 200 / samples - point, -point])
            found = kappa(spectrum, [np.inf], [samples], [[point]]).kappa[0, 0]
            # of the two, the physical one is positive for z > 0 and in z's half plane elsewhere
            expected = max(roots, key=lambda root: root.imag) if np.iscomplex(point) else max(roots.real)
            assert found == pytest.approx(expected, rel=1e-12)


def test_nodes_beside_the_cut_are_redone_until_they_converge():
    z = -np.geomspace(1e-8, 1.0, 40)[None] * np.exp(1e-3j)
    found = kappa(SPECTRUM, [100.0], [200.0], z.conj())
    assert found.converged.all()
    assert (found.kappa.imag > 0).all()
