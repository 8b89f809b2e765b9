"""Draws in the smallest exact space against the projection written out, and the moments of the samples."""

import numpy as np
import pytest
from scalefront.models.feature_learning import draws
from scalefront.numerics import jax
from scalefront.spectra import power_law


@pytest.mark.parametrize(("width", "at_once"), [(7, 4096), (7, 16), (50, 4096)])
def test_projected_features_have_the_covariances_of_the_projection(width, at_once, monkeypatch):
    # theory/feature_learning.md 1f
    monkeypatch.setattr(draws, "MODES_AT_ONCE", at_once)
    spectrum, key = power_law(1.5, 0.5, 50, exact=50), jax.random.key(2)
    found = draws.projected_draw(key, spectrum, width)
    chunk = draws.mode_chunks(spectrum)[0].shape
    rows = [jax.random.normal(jax.random.fold_in(key, number), (chunk[1], width)) for number in range(chunk[0])]
    projection = np.concatenate(rows)[:50].T
    gram = projection * spectrum.eigenvalue @ projection.T
    variance, turn = np.linalg.eigh(gram)
    variance, turn = variance[::-1], turn[:, ::-1]
    covariance = turn.T @ projection @ np.sqrt(spectrum.eigenvalue * spectrum.task_power)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-9, atol=1e-13 * variance[0])
    scale = np.abs(covariance).max()
    np.testing.assert_allclose(np.abs(found.covariance), np.abs(covariance), rtol=1e-8, atol=1e-12 * scale)
    learned = np.sum(np.asarray(draws.coefficient(found.variance, found.covariance)) ** 2)
    assert learned + float(found.residual) == pytest.approx(spectrum.initial_loss, rel=1e-12)
    assert (float(found.residual) < 1e-20) == (width == 50)


def test_infinite_width_has_the_modes_themselves():
    # theory/feature_learning.md 1d: A0 = sqrt(M) 1
    spectrum = power_law(1.5, 0.5, 20, exact=20)
    variance, covariance, residual = draws.modes_themselves(spectrum)
    target = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    np.testing.assert_allclose(variance, 20 * spectrum.eigenvalue, rtol=1e-14)
    np.testing.assert_allclose(covariance, np.sqrt(20) * spectrum.eigenvalue * target, rtol=1e-14)
    assert residual == 0


def test_samples_have_the_moments_of_features_and_target():
    variance, covariance, residual, label_noise = np.array([3.0, 0.5]), np.array([1.2, -0.4]), 0.3, 0.5
    samples = 100_000
    features, target = map(
        np.asarray, draws.gaussian_samples(jax.random.key(4), variance, covariance, residual, samples, label_noise)
    )
    power = np.sum(covariance**2 / variance) + residual + label_noise**2
    rows = np.column_stack([features, target])
    expected = np.block([[np.diag(variance), covariance[:, None]], [covariance[None], np.array([[power]])]])
    # variance of a product of two Gaussians: C_ii C_jj + C_ij^2
    error = np.sqrt((np.outer(np.diag(expected), np.diag(expected)) + expected**2) / samples)
    assert np.all(np.abs(rows.T @ rows / samples - expected) < 4 * error)
