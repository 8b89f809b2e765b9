import numpy as np
import pytest
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import Spectrum, power_law

from tests.oracles import marchenko_pastur
from tests.oracles.printed import assert_printed, floats, load
from tests.oracles.time_domain import gradient_descent

REFERENCE = load("random_features")
SPECTRUM = power_law(1.25, 0.4, 1e8)
TIME = np.geomspace(1e-2, 1e6, 17)


def white(modes):
    return Spectrum(np.ones(1), np.ones(1) / modes, np.array([float(modes)]), float(modes))


@pytest.mark.parametrize(
    "row",
    REFERENCE["gradient_flow"],
    ids=lambda row: "-".join(str(row[word]) for word in ("a", "b", "width", "samples", "label_noise")),
)
def test_printed_loss_curves(row):
    a, b = float(row["a"]), float(row["b"])
    spectrum = power_law(b, (a - 1) / b, row["modes"], exact=row["modes"])
    sizes = [[float(row[word])] for word in ("width", "samples", "label_noise")]
    curves = loss_curves(spectrum, *sizes, floats(row["time"]))
    assert curves.converged.all()
    for name in ("test", "train"):
        value, printed = getattr(curves, f"{name}_loss")[0], row.get(f"{name}_theory", [])
        known = [place for place, expected in enumerate(printed) if expected]
        assert_printed(value[known], [printed[place] for place in known], f"{name}_loss")
        # a printed 0 is a loss below the rounding of doubles
        assert all(value[place] < 1e-15 for place, expected in enumerate(printed) if not expected)


def test_printed_loss_of_a_white_spectrum():
    row = REFERENCE["white"]
    sizes = [[float(row[word])] for word in ("width", "samples", "label_noise")]
    curves = loss_curves(white(row["modes"]), *sizes, floats(row["time"]))
    assert_printed(curves.test_loss[0], row["test_theory"], "test_loss")


@pytest.mark.parametrize("limited", [50, 150, 400])
def test_white_spectrum_follows_marchenko_pastur(limited):
    time = np.array([0.1, 1.0, 10.0, 100.0])
    expected = np.array([marchenko_pastur.limited_samples(200, limited, 0.4, t) for t in time]).T
    curves = loss_curves(white(200), [np.inf], [limited], [0.4], time)
    np.testing.assert_allclose(curves.test_loss[0], expected[0], rtol=1e-10)
    np.testing.assert_allclose(curves.train_loss[0], expected[1], rtol=1e-10, atol=1e-12)
    projected = [marchenko_pastur.limited_width(200, limited, t) for t in time]
    curves = loss_curves(white(200), [limited], [np.inf], [0.4], time)
    np.testing.assert_allclose(curves.test_loss[0], projected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("width", "samples"), [(5, 8), (8, 5), (np.inf, 6), (6, np.inf)])
def test_gradient_flow_is_the_limit_of_small_steps(width, samples):
    # steps h, h/2, h/4 ... have errors in powers of h: Richardson's table removes one power a column; the last two of
    # its diagonal bound the error
    spectrum, time, label_noise = power_law(1.25, 0.4, 12), 0.5, 0.5
    flow = loss_curves(spectrum, [width], [samples], [label_noise], [time])
    table = []
    for steps in (4, 8, 16, 32, 64):
        run = gradient_descent(spectrum, width, samples, label_noise, time / steps, steps)
        row = [np.array([run.test_loss[-1], run.train_loss[-1]])]
        for power, coarser in enumerate(table[-1] if table else [], start=1):
            row.append(row[-1] + (row[-1] - coarser) / (2**power - 1))
        table.append(row)
    bound = np.abs(table[-1][-1] - table[-2][-1])
    assert (bound < 1e-6).all()
    found = np.array([flow.test_loss[0, 0], flow.train_loss[0, 0]])
    assert (np.abs(found - table[-1][-1]) < bound).all()


def test_infinite_samples_are_the_limit_of_many():
    # the single integral against the double one
    width = np.array([1.0, 30.0, 1e4, 1e7])
    for source in (0.4, 1.0, 1.6):
        spectrum = power_law(1.25, source, 1e8)
        single, double = (loss_curves(spectrum, width, np.full(4, p), np.zeros(4), TIME) for p in (np.inf, 1e30))
        assert single.converged.all()
        assert double.converged.all()
        np.testing.assert_allclose(double.test_loss, single.test_loss, rtol=1e-9)
        np.testing.assert_allclose(double.train_loss, single.train_loss, rtol=1e-9)


def test_infinite_width_and_samples_are_the_limit_of_large_ones():
    for source in (0.4, 1.6):
        spectrum = power_law(1.25, source, 1e8)
        curves = loss_curves(spectrum, [np.inf, 1e30, 1e30], [np.inf, np.inf, 1e30], [0.2] * 3, TIME)
        np.testing.assert_allclose(curves.test_loss[1:], curves.test_loss[[0, 0]], rtol=1e-9)
        np.testing.assert_allclose(curves.train_loss[1:], curves.train_loss[[0, 0]], rtol=1e-9)


def test_curves_start_at_the_power_of_the_task():
    curves = loss_curves(SPECTRUM, [100, 100, np.inf], [200, np.inf, np.inf], [0.5] * 3, [0, 1e-300, 1e-25, 1e-14])
    # |dL/dt| is at most 2 Tr Lambda L(0), about 20, so that nothing has moved by 1e-12 at 1e-14
    np.testing.assert_allclose(curves.test_loss, SPECTRUM.initial_loss, rtol=1e-11)
    np.testing.assert_allclose(curves.train_loss, SPECTRUM.initial_loss + 0.25, rtol=1e-11)


def test_loss_of_fresh_data_falls_to_the_latest_times_and_largest_widths():
    time = np.geomspace(1e-3, 1e12, 61)
    width = np.array([1, 10, 1e5, 5e7, 1e9, 1e15, np.inf])
    curves = loss_curves(SPECTRUM, width, np.full(7, np.inf), np.zeros(7), time)
    assert curves.converged.all()
    assert np.isfinite(curves.test_loss).all()
    change = np.diff(curves.test_loss, axis=1)
    # where nothing limits but the modes, the loss falls exponentially into rounding beyond t ~ 1/lambda_M = 1e10
    assert (change <= 1e-11 * curves.test_loss[:, :-1] + 1e-15).all()


def test_huge_widths_and_samples_converge_at_all_times():
    sizes = np.array([1e9, 1e9, 1e9, 7e7, 7e7, 1.0, 1.0])
    others = np.array([1e9, 1e9 + 1, 1e5, 7e7, 7e7 + 1, 1e9, 1.0])
    curves = loss_curves(SPECTRUM, sizes, others, np.full(7, 0.1), np.geomspace(1e-3, 1e12, 31))
    assert curves.converged.all()
    assert np.isfinite(curves.test_loss).all()
    assert curves.residual.max() < 1e-12
    assert (curves.train_loss <= SPECTRUM.initial_loss + 0.01 + 1e-9).all()


def test_results_do_not_depend_on_how_points_are_batched():
    width = np.array([10, 3000, np.inf, 64, 64, 1e6, np.inf])
    samples = np.array([20, 100, 55, 64, np.inf, 1e7, np.inf])
    noise, time = np.linspace(0, 1, 7), np.append(np.geomspace(0.1, 1e8, 23), [0, np.inf])
    together = loss_curves(SPECTRUM, width, samples, noise, time)
    for row in range(7):
        for times in (slice(None), slice(3, 5), slice(None, None, -2)):
            alone = loss_curves(SPECTRUM, width[[row]], samples[[row]], noise[[row]], time[times])
            np.testing.assert_allclose(alone.test_loss[0], together.test_loss[row, times], rtol=1e-12)
            np.testing.assert_allclose(alone.train_loss[0], together.train_loss[row, times], rtol=1e-12)


def test_vanishing_train_loss_is_never_negative():
    curves = loss_curves(SPECTRUM, [200, np.inf], [100, 100], [0, 0.5], np.geomspace(1e2, 1e12, 41))
    assert curves.converged.all()
    assert (curves.train_loss >= 0).all()
    assert (curves.train_loss[:, -20:] < 1e-13).all()


def test_nothing_asked_gives_nothing():
    assert loss_curves(SPECTRUM, [], [], [], [1.0]).test_loss.shape == (0, 1)
    assert loss_curves(SPECTRUM, [1.0], [1.0], [0.0], []).test_loss.shape == (1, 0)
