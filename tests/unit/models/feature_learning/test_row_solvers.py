import numpy as np
import pytest
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.row_solvers import BlockTriangle, DiagonalResponse, Triangle

SPECTRUM = grouped(1.5, 0.5, 1e8)
SIZES = [(np.inf, np.inf), (64, np.inf), (np.inf, 64), (64, 64), (64, 60), (8, 2048), (1, 1)]


def lower(generator, *shape):
    return np.tril(generator.normal(size=shape)) / shape[-1]


def moments(root):
    """u and V of theory/row_solvers.py"""
    own = SPECTRUM.multiplicity * SPECTRUM.eigenvalue / (1 + SPECTRUM.eigenvalue * root)
    return root * own.sum(), own.sum()


@pytest.mark.parametrize(("width", "samples"), SIZES)
def test_the_projected_diagonal_solves_its_equation(width, samples):
    diagonal = DiagonalResponse(SPECTRUM, 1 / width, 1 / samples)
    for gain in (1e-3, 1e7, 1.0, 1e4):  # from whatever root was the last
        root = diagonal.projected(gain)
        learned = moments(root)[0]
        assert 0 < root <= gain
        assert learned < min(width, samples)
        # relative to the factors, which are small differences
        assert root == pytest.approx(gain * (1 - learned / width) * (1 - learned / samples), rel=1e-8)


@pytest.mark.parametrize(("width", "samples"), SIZES)
def test_the_pure_diagonal_solves_its_equation(width, samples):
    diagonal = DiagonalResponse(SPECTRUM, 1 / width, 1 / samples)
    for gain, features in ((1e-3, 0.0), (1e5, 30.0), (1.0, 0.1), (1e4, 1e5)):
        root = diagonal.pure(gain, features)
        learned, unlearned = moments(root)
        shown = 1 - learned / samples
        assert shown > 0
        expected = shown * (features + gain / (1 + gain * shown * unlearned / width))
        assert root == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("gain", [0.0, -1.0, np.nan])
def test_a_gain_that_is_not_positive_has_no_root(gain):
    diagonal = DiagonalResponse(SPECTRUM, 1 / 64, 1 / 64)
    assert np.isnan(diagonal.projected(gain))
    assert np.isnan(diagonal.pure(gain, 1.0))


def test_triangles_solve_from_both_sides():
    generator = np.random.default_rng(0)
    matrix, right = lower(generator, 7, 7), generator.normal(size=7)
    full = np.eye(7) - matrix
    np.testing.assert_allclose(full @ Triangle(matrix).solve(right), right, atol=1e-13)
    np.testing.assert_allclose(Triangle(matrix).solve_left(right) @ full, right, atol=1e-13)


def test_triangles_in_blocks():
    generator = np.random.default_rng(1)
    blocks, right = lower(generator, 2, 2, 9, 9), generator.normal(size=(2, 9))
    found = BlockTriangle(blocks).solve(right)
    np.testing.assert_allclose(found - np.einsum("abij,bj->ai", blocks, found), right, atol=1e-12)
