import numpy as np
import pytest
from scalefront.models.random_features.exponents import predictions
from scalefront.models.random_features.theory.corrections import early_gap, early_loss
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import power_law

INFINITE = np.inf
# (capacity, source) on each side of source = 1 and 2, where the exponents change their form
SETTINGS = [(1.25, 0.4), (2.0, 0.25), (1.25, 1.6), (1.5, 1.5), (1.5, 2.6), (1.25, 4.0)]


def tolerance(predicted):
    """Of every claim about an exponent in config/studies: 0.02, or 5 % of it where that is less."""
    return min(0.02, 0.05 * abs(predicted))


def assert_exponent(y, x, predicted):
    assert np.diff(np.log(y))[0] / np.diff(np.log(x))[0] == pytest.approx(predicted, abs=tolerance(predicted))


@pytest.mark.parametrize(("capacity", "source"), SETTINGS)
def test_corrections_grow_as_predicted(capacity, source):
    # modes without end, so that t^(1/capacity) < 1e4 of them are far from the cut-off
    spectrum, time, predicted = power_law(capacity, source, 1e14), np.array([1e4, 1e5]), predictions(capacity, source)
    loss, gap = early_loss(spectrum, time), early_gap(spectrum, time)
    assert_exponent(loss.width, time, predicted["early_width_growth"].value)
    assert_exponent(loss.samples, time, predicted["early_samples_growth"].value)
    assert_exponent(loss.noise, time, predicted["early_noise_growth"].value)
    assert_exponent(gap.samples, time, predicted["gap_early_growth"].value)
    assert_exponent(gap.noise, time, predicted["early_noise_growth"].value)


@pytest.mark.parametrize(("capacity", "source"), SETTINGS[:4])
@pytest.mark.parametrize("time", [10.0, 1e3])
def test_what_is_finite_is_felt_as_one_over_its_size(capacity, source, time):
    # t^(1/capacity) < 300 << 1e5
    spectrum, predicted, size = power_law(capacity, source, 1e12), predictions(capacity, source), np.array([1e5, 1e6])
    none, endless = np.zeros(3), np.full(3, INFINITE)
    finite = np.append(size, INFINITE)
    by_width = loss_curves(spectrum, finite, endless, none, [time]).test_loss[:, 0]
    by_samples = loss_curves(spectrum, endless, finite, none, [time])
    gap = (by_samples.test_loss - by_samples.train_loss)[:2, 0]
    assert_exponent(by_width[:2] - by_width[2], size, predicted["early_width"].value)
    assert_exponent(by_samples.test_loss[:2, 0] - by_samples.test_loss[2, 0], size, predicted["early_samples"].value)
    assert_exponent(gap, size, predicted["gap_early"].value)


def time_of(level, ratio, time):
    """First time at which a ratio (T,) reaches a level, log-linear between its points."""
    above = np.argmax(ratio > level)
    near = slice(above - 1, above + 1)
    return np.exp(np.interp(np.log(level), np.log(ratio[near]), np.log(time[near])))


SIZES = np.array([1e6, 1e7])  # the smallest at which corrections beyond source = 2 are below the tolerance


def crossing_times(predicted, level, ratio):
    """Times (2,) at which ``ratio(size, time)`` reaches a level, one for each of SIZES."""
    times = [size**predicted * np.geomspace(1e-6, 1e3, 91) for size in SIZES]
    return np.array([time_of(level, ratio(size, time), time) for size, time in zip(SIZES, times, strict=True)])


@pytest.mark.parametrize(("capacity", "source"), SETTINGS)
def test_corrections_take_over_at_the_predicted_times(capacity, source):
    spectrum, predicted = power_law(capacity, source, 1e16), predictions(capacity, source)

    def above_infinity(width, samples, label_noise, time):
        curves = loss_curves(spectrum, [width, INFINITE], [samples, INFINITE], [label_noise, 0], time)
        return curves.test_loss[0] / curves.test_loss[1]

    ratios = {
        "crossover_width": lambda size, time: above_infinity(size, INFINITE, 0.0, time),
        "crossover_samples": lambda size, time: above_infinity(INFINITE, size, 0.0, time),
        "crossover_noise": lambda size, time: above_infinity(INFINITE, size, 1.0, time),
    }
    for name, ratio in ratios.items():
        exponent = predicted[name].value
        assert_exponent(crossing_times(exponent, 2.0, ratio), SIZES, exponent)


@pytest.mark.parametrize(("capacity", "source"), SETTINGS)
@pytest.mark.parametrize(("label_noise", "name"), [(0.0, "gap_onset"), (1.0, "crossover_noise")])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_gap_becomes_a_share_of_the_loss_at_the_predicted_time(capacity, source, label_noise, name, share):
    spectrum, exponent = power_law(capacity, source, 1e16), predictions(capacity, source)[name].value

    def relative_gap(size, time):
        curves = loss_curves(spectrum, [INFINITE], [size], [label_noise], time)
        return (curves.test_loss + label_noise**2 - curves.train_loss)[0] / curves.test_loss[0]

    assert_exponent(crossing_times(exponent, share, relative_gap), SIZES, exponent)
