import numpy as np
import pytest
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.models.random_features.theory.order_parameters import eigenvalue_of, order_parameters
from scalefront.models.random_features.theory.rates import frozen_share, rate_density
from scalefront.spectra import power_law

from tests.oracles import time_domain
from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("random_features")
INF = np.inf
SPECTRUM = power_law(1.25, 0.4, 1000, exact=1000)
METHODS = [
    Method("gradient_descent", 0.5),
    Method("momentum", 0.3, 0.9),
    Method("momentum_flow", inertia=5.0),
    Method(),
]


@pytest.mark.parametrize(("width", "samples"), [(20, 30), (30, 20), (25, 25), (INF, 20), (20, INF)])
def test_contours_equal_the_time_domain_equations(width, samples):
    # theory/dynamical_model.md 2.5 iv: T x T matrices, exact by causality
    spectrum, steps, learning_rate = power_law(1.25, 0.4, 60), 25, 0.4
    method, index = Method("gradient_descent", learning_rate), [1, 3, 10, 60]
    found = order_parameters(spectrum, width, samples, 0.5, np.arange(1.0, steps + 1), index, method)
    exact = time_domain.order_parameters(spectrum, width, samples, 0.5, learning_rate, steps)
    assert found.converged
    modes = exact.transfer[[k - 1 for k in index], 1:]
    np.testing.assert_allclose(found.transfer.T, modes, rtol=1e-8, atol=1e-10)
    for name in ("r1", "r3", "r02", "r24"):
        lags = getattr(exact, name)[1:, 0]
        np.testing.assert_allclose(getattr(found, name), lags, rtol=1e-8, atol=1e-10 * np.abs(lags).max(initial=1e-9))
    for name in ("c0", "c1", "c2", "c3"):
        matrix = getattr(exact, name)[1:, 1:]
        np.testing.assert_allclose(getattr(found, name), matrix, rtol=1e-8, atol=1e-10 * np.abs(matrix).max())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.optimizer)
def test_equal_times_are_the_losses(method):
    time = np.array([1.0, 2.0, 5.0, 30.0, 100.0, 1000.0, 3000.0])
    found = order_parameters(SPECTRUM, 100, 200, 0.5, time, [1], method)
    losses = loss_curves(SPECTRUM, [100], [200], [0.5], time, method)
    np.testing.assert_allclose(np.diag(found.c0), losses.test_loss[0], rtol=1e-10)
    np.testing.assert_allclose(np.diag(found.c1), losses.train_loss[0], rtol=1e-10)
    np.testing.assert_allclose(found.c0, found.c0.T)


def test_an_ellipse_and_talbots_contour_give_the_same_order_parameters():
    # 40 steps lie on Talbot's contour, and on an ellipse together with an oscillating method's first ones
    time = np.array([33.0, 40.0])
    slow, fast = Method("gradient_descent", 0.5), Method("momentum", 0.5, 0.0)
    late = order_parameters(SPECTRUM, 100, 200, 0.5, time, [1, 10], slow)
    mixed = order_parameters(SPECTRUM, 100, 200, 0.5, np.append([1.0, 3.0, 10.0], time), [1, 10], slow)
    other = order_parameters(SPECTRUM, 100, 200, 0.5, time, [1, 10], fast)
    for name in ("transfer", "r1", "r3", "r02", "r24"):
        np.testing.assert_allclose(getattr(mixed, name)[3:], getattr(late, name), rtol=1e-9)
        np.testing.assert_allclose(getattr(other, name), getattr(late, name), rtol=1e-9)
    for name in ("c0", "c1", "c2", "c3"):
        np.testing.assert_allclose(getattr(mixed, name)[3:, 3:], getattr(late, name), rtol=1e-9)


def test_printed_transfer_functions():
    row = REFERENCE["transfer_function"]
    found = order_parameters(SPECTRUM, 100, 200, 0.0, floats(row["time"]), row["index"]).transfer
    for values, expected in zip(found, row["value"], strict=True):
        assert_printed(values, expected, "H_k")


def test_the_gap_follows_from_the_responses():
    # arXiv:2402.01092 Eq. 18 in steps: with r = R02/P strictly causal, gap = -2 (r C1)_tt + (r C1 r^T)_tt, for
    # v1 - r v1 = u1 gives C0 + sigma^2 = (1 - r) C1 (1 - r)^T
    steps = np.arange(1.0, 41)
    spectrum, method = power_law(1.25, 0.4, 60), Method("gradient_descent", 0.4)
    found = order_parameters(spectrum, 20, 30, 0.5, steps, [1], method)
    start = loss_curves(spectrum, [20], [30], [0.5], [0.0], method).train_loss[0, 0]
    first = time_domain.order_parameters(spectrum, 20, 30, 0.5, 0.4, 40)
    c1 = np.zeros((41, 41))
    c1[1:, 1:], c1[0], c1[:, 0] = found.c1, first.c1[0], first.c1[:, 0]
    assert c1[0, 0] == pytest.approx(start)
    lag = np.subtract.outer(np.arange(41), np.arange(41))
    r = np.where(lag > 0, np.append(0.0, found.r02)[np.maximum(lag, 0)], 0.0) / 30
    gap = -2 * np.diag(r @ c1) + np.diag(r @ c1 @ r.T)
    direct = loss_curves(spectrum, [20], [30], [0.5], np.arange(41.0), method)
    np.testing.assert_allclose(gap, (direct.test_loss + 0.25 - direct.train_loss)[0], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("row", REFERENCE["gap"], ids=lambda row: f"t{row['time']}")
def test_the_printed_gap(row):
    spectrum = power_law(1.25, 0.4, row["modes"], exact=row["modes"])
    sizes = [float(row[word]) for word in ("width", "samples", "label_noise")]
    losses = loss_curves(spectrum, *([size] for size in sizes), [float(row["time"])])
    gap = losses.test_loss[0] + sizes[2] ** 2 - losses.train_loss[0]
    assert_printed(gap, [row["direct"]], "gap")
    if row["time"] > 1:
        return  # late, Eq. 18 is held in steps above: a quadrature would need hundreds of times
    # Eq. 18 by Gauss-Legendre quadrature over t': the responses at the lags t - t', C1 at all pairs of times
    node, weight = np.polynomial.legendre.leggauss(24)
    time, weight = float(row["time"]) * (node + 1) / 2, float(row["time"]) * weight / 2
    c1 = order_parameters(spectrum, *sizes, np.append(time, float(row["time"])), [1]).c1
    lagged = weight * order_parameters(spectrum, *sizes, float(row["time"]) - time, [1]).r02 / sizes[1]
    assert_printed([-2 * lagged @ c1[-1, :-1] + lagged @ c1[:-1, :-1] @ lagged], [row["quadrature"]], "gap by Eq. 18")


def test_the_density_of_rates_and_what_is_frozen_make_the_transfer_function():
    index = [1, 10, 100]
    eigenvalue = eigenvalue_of(SPECTRUM, index)
    np.testing.assert_allclose(eigenvalue, np.array(index) ** -1.25)
    log_rate = np.linspace(np.log(1e-7), np.log(1.3162909798072504), 8001)  # up to u_max, spec 7.1
    rate = np.exp(log_rate)
    density = rate_density(SPECTRUM, 100, 200, eigenvalue, rate)
    frozen = frozen_share(SPECTRUM, 100, 200, eigenvalue)
    assert_printed(frozen, REFERENCE["transfer_function"]["value"][2], "H_k(1e6)")
    assert (density > -1e-9).all()
    for time in (0.0, 1.0, 100.0):
        decayed = np.trapezoid(density * (rate * np.exp(-rate * time))[:, None], log_rate, axis=0)
        exact = order_parameters(SPECTRUM, 100, 200, 0.0, [time], index).transfer[0] if time else np.ones(3)
        # the trapezoid sees the roots at the edges of the top mode's density to 1e-3
        np.testing.assert_allclose(decayed + frozen, exact, rtol=1e-3)


def test_the_density_of_a_white_spectrum_is_that_of_marchenko_and_pastur():
    from scalefront.spectra import white

    ratio, rate = 2.0, np.linspace(0.2, 5.8, 50)
    low, high = (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2
    inside = (rate > low) & (rate < high)
    expected = np.sqrt(np.where(inside, (rate - low) * (high - rate), 0.0)) / (2 * np.pi * ratio * rate)
    found = rate_density(white(200), INF, 100, [1.0], rate)[:, 0]
    np.testing.assert_allclose(found, expected, atol=1e-7)
    np.testing.assert_allclose(frozen_share(white(200), INF, 100, [1.0]), 0.5)


@pytest.mark.parametrize("time", [0.0, -1.0, INF])
def test_a_time_that_is_not_positive_and_finite_is_refused(time):
    with pytest.raises(ValueError, match="positive, finite"):
        order_parameters(SPECTRUM, 100, 200, 0.5, [1.0, time], [1])
