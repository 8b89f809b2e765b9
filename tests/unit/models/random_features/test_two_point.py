import numpy as np
import pytest
from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.theory.contours import ellipse, talbot
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.kappa import solve_kappa
from scalefront.models.random_features.theory.pole_sums import groups
from scalefront.models.random_features.theory.two_point import one_point, pair_sums, pairs, two_point
from scalefront.numerics import jax
from scalefront.spectra import power_law

from tests.oracles.printed import assert_printed, floats, load
from tests.oracles.time_domain import gradient_descent

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1000, exact=1000)


def nodes_of(spectrum, width, samples, z):
    """Bottleneck of one problem and its OnePoint at z (h,)."""
    neck = bottleneck(spectrum, [width], [samples])
    solve = jax.jit(lambda at: one_point(groups(spectrum), neck, solve_kappa(groups(spectrum), neck, at, 4)))
    return neck, solve(z[:, None])


def integrals(spectrum, width, samples, label_noise, z, weights):
    """Double integral of every field of TwoPoint, for weights (h, times) of the upper half plane."""
    neck, upper = nodes_of(spectrum, width, samples, z)
    found = two_point(*pairs(upper), neck, np.array([label_noise]))
    both = np.concatenate([weights, weights.conj()])
    return {
        name: 2 * np.einsum("it,jt,ij->t", weights, both, np.asarray(value)[:, :, 0]).real
        for name, value in found._asdict().items()
    }


def gradient_flow(spectrum, width, samples, label_noise, time):
    contour = talbot(24)
    weights = (contour.weight / contour.node)[:, None]
    columns = [integrals(spectrum, width, samples, label_noise, contour.node / t, weights) for t in time]
    return {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}


@pytest.mark.parametrize(("width", "samples", "scale"), [(100, 200, 1.0), (100, 200, 1e-8), (np.inf, 30, 1e-3)])
def test_pair_sums_are_the_sums_over_modes(width, samples, scale):
    _, upper = nodes_of(SPECTRUM, width, samples, scale * talbot(24).node)
    df11, overlap = (np.asarray(found)[:, :, 0] for found in pair_sums(*pairs(upper)))
    pole = 1 / (np.asarray(upper.kappa)[:, 0, None] + SPECTRUM.eigenvalue)
    both = np.concatenate([pole, pole.conj()])
    # neighbours on the contour are a tenth of |z| apart: one digit of sixteen is lost
    np.testing.assert_allclose(df11, (pole * SPECTRUM.eigenvalue) @ both.T, rtol=1e-13)
    np.testing.assert_allclose(overlap, (pole * SPECTRUM.task_power) @ both.T, rtol=1e-13)


def test_determinant_is_the_divided_difference_of_z():
    # (1 - df2/N)(1 - df2/P) - kappa kappa' df11^2/(N P) = (z - z')/(kappa - kappa'), so that without task power
    # z z' C0 = sigma^2/P {(1 - df2/N) df2 + kappa kappa' df11^2/N}/D can be checked against sums over modes
    width, samples, z = 100.0, 200.0, talbot(24).node
    neck, upper = nodes_of(SPECTRUM._replace(task_power=np.zeros(1000)), width, samples, z)
    c0 = np.asarray(two_point(*pairs(upper), neck, np.array([0.5])).c0)[:, len(z) :, 0]
    at = np.asarray(upper.kappa)[:, 0]
    pole = 1 / (at[:, None] + SPECTRUM.eigenvalue)
    df11, df2 = ((pole * SPECTRUM.eigenvalue**power) @ pole.conj().T for power in (1, 2))
    product = np.outer(at, at.conj())
    determinant = np.subtract.outer(z, z.conj()) / np.subtract.outer(at, at.conj())
    expected = 0.25 / samples * ((1 - df2 / width) * df2 + product * df11**2 / width) / determinant
    np.testing.assert_allclose(c0, expected, rtol=1e-11)


def test_printed_errors_of_students_that_share_projection_or_data():
    row = REFERENCE["ensemble"]
    sizes = [float(row[word]) for word in ("width", "samples", "label_noise")]
    found = gradient_flow(SPECTRUM, *sizes, floats(row["time"]))
    names = {"c": "c0", "c_a": "other_projection", "c_d": "other_data", "c_ad": "other_both", "train": "c1"}
    for printed, name in names.items():
        assert_printed(found[name], row[printed], name)


def test_printed_transfer_functions():
    row = REFERENCE["transfer_function"]
    contour = talbot(24)
    for time, expected in zip(floats(row["time"]), row["value"], strict=True):
        _, upper = nodes_of(SPECTRUM, float(row["width"]), float(row["samples"]), contour.node / time)
        at = np.asarray(upper.kappa)
        modes = at / (at + SPECTRUM.eigenvalue[[index - 1 for index in row["index"]]])
        assert_printed(2 * (contour.weight / contour.node @ modes).real, expected, f"H_k({time})")


@pytest.mark.parametrize(("width", "samples"), [(20, 30), (30, 20), (25, 25), (np.inf, 20), (20, np.inf)])
def test_kernels_with_discrete_steps_equal_the_time_domain_equations(width, samples):
    spectrum, label_noise, learning_rate, steps = power_law(1.25, 0.4, 60), 0.5, 0.4, 25
    contour = ellipse(largest_rate(spectrum, width, samples), learning_rate * steps)
    filters = (1 + learning_rate * contour.node[:, None]) ** np.arange(steps + 1)
    weights = filters * (contour.weight / contour.node)[:, None]
    found = integrals(spectrum, width, samples, label_noise, contour.node, weights)
    expected = gradient_descent(spectrum, width, samples, label_noise, learning_rate, steps)
    np.testing.assert_allclose(found["c0"], expected.test_loss, rtol=1e-10)
    np.testing.assert_allclose(found["c1"], expected.train_loss, rtol=1e-10)


@pytest.mark.parametrize(("width", "samples"), [(20, 30), (30, 20), (25, 25), (np.inf, 20), (20, np.inf)])
def test_talbot_contour_equals_the_time_domain_equations(width, samples):
    # gradient descent on the contour of the flow: Z = e^x, z = (e^x - 1)/eta (theory/dynamical_model.md 2.5 iii)
    spectrum, label_noise, steps = power_law(1.25, 0.4, 60), 0.5, np.array([10, 25])
    learning_rate = 0.5 / largest_rate(spectrum, width, samples)
    contour = talbot(28)
    found = []
    for count in steps:
        growth = np.exp(contour.node / count)
        z = (growth - 1) / learning_rate
        weights = (contour.weight / count * growth / learning_rate / z)[:, None]
        found.append(integrals(spectrum, width, samples, label_noise, z, weights))
    expected = gradient_descent(spectrum, width, samples, label_noise, learning_rate, steps[-1])
    for name, losses in (("c0", expected.test_loss), ("c1", expected.train_loss)):
        np.testing.assert_allclose(np.concatenate([column[name] for column in found]), losses[steps], rtol=1e-10)
