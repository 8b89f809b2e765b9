import numpy as np
import pytest
from scalefront.bottlenecks import kappa0
from scalefront.late_losses import late_losses
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import Spectrum, power_law

from tests.oracles.printed import assert_printed, load

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1000)


@pytest.mark.parametrize(
    "row", REFERENCE["limit"] + REFERENCE["limit_binned"], ids=lambda row: f"{row['width']}-{row['samples']}"
)
def test_printed_limits(row):
    spectrum = power_law(1.25, 0.4, float(row["modes"]), exact=1000 if row["modes"] == 1000 else 300)
    sizes = [[float(row[word])] for word in ("width", "samples", "label_noise")]
    assert_printed(late_losses(spectrum, *sizes).test_loss, [row["test_loss"]], "test_loss")


@pytest.mark.parametrize("label_noise", [0.0, 0.5])
@pytest.mark.parametrize(
    ("width", "samples"),
    [(30, 90), (90, 30), (30, np.inf), (np.inf, 30), (1000, 30), (30, 1000), (3000, 5000), (5000, 3000), (np.inf, 2e3)],
)
def test_limits_are_where_the_curves_end(width, samples, label_noise):
    # the slowest rate is above 1e-8 in all of these, so that nothing moves after 1e12
    curves = loss_curves(SPECTRUM, [width], [samples], [label_noise], [1e12, np.inf])
    assert curves.converged.all()
    np.testing.assert_allclose(*curves.test_loss[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(*curves.train_loss[0], rtol=1e-10, atol=1e-12)


def test_closed_forms_of_one_bottleneck():
    # theory/dynamical_model.md 4, "t=inf, P=inf" and "t=inf, N=inf"
    n, noise = np.array([20.0, 300.0]), 0.3
    at = kappa0(SPECTRUM, n)[:, None]
    pole, weight = 1 / (at + SPECTRUM.eigenvalue), SPECTRUM.multiplicity
    infinite = np.full(2, np.inf)
    np.testing.assert_allclose(
        late_losses(SPECTRUM, n, infinite, [noise] * 2).test_loss, at[:, 0] * (pole @ (weight * SPECTRUM.task_power))
    )
    df2 = (SPECTRUM.eigenvalue * pole) ** 2 @ weight
    bias = at[:, 0] ** 2 * (pole**2 @ (weight * SPECTRUM.task_power))
    np.testing.assert_allclose(
        late_losses(SPECTRUM, infinite, n, [noise] * 2).test_loss, (bias + noise**2 * df2 / n) / (1 - df2 / n)
    )


def test_width_equal_to_samples_diverges_with_the_square_root_of_time():
    assert late_losses(SPECTRUM, [50], [50], [0.0]).test_loss == np.inf
    curves = loss_curves(SPECTRUM, [50], [50], [0.0], [1e10, 1e12, np.inf])
    assert curves.test_loss[0, 2] == np.inf
    assert curves.train_loss[0, 2] == 0
    # corrections to t^(1/2) fall as t^(-1/2), 1e-3 here
    assert np.log10(curves.test_loss[0, 1] / curves.test_loss[0, 0]) / 2 == pytest.approx(0.5, abs=1e-3)


def test_all_three_sizes_equal_leave_a_plateau_without_noise():
    spectrum = Spectrum(np.ones(1), np.ones(1) / 40, np.array([40.0]), 40.0)
    # kappa ~ z^(1/3), so that corrections fall as t^(-1/3): 1e-5 at 1e15
    curves = loss_curves(spectrum, [40], [40], [0.0], [1e15, np.inf])
    assert curves.test_loss[0, 0] == pytest.approx(curves.test_loss[0, 1], rel=1e-4)
    assert late_losses(spectrum, [40], [40], [0.1]).test_loss == np.inf


def test_without_any_bottleneck_everything_is_learned():
    limit = late_losses(SPECTRUM, [np.inf, 1000], [np.inf, np.inf], [0.5, 0.0])
    np.testing.assert_array_equal(limit.test_loss, 0)
    np.testing.assert_array_equal(limit.train_loss, [0.25, 0])
