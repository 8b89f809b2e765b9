from decimal import Decimal, localcontext

import numpy as np
import pytest
from scalefront.models.random_features.simulation import full_batch
from scalefront.models.random_features.theory.corrections import (
    early_gap,
    early_loss,
    early_transfer,
    first_difference,
    second_difference,
)
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.numerics import jax
from scalefront.spectra import Spectrum, power_law, white

from tests.oracles.printed import assert_printed, floats, load

REFERENCE = load("random_features")["early_time"]
TIME = np.array([0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
INFINITE = np.inf


def exact_differences(here, there, time):
    """-f[here, there] and f[here, here, there] of exp(-lambda time), by their definitions in 80 digits."""
    with localcontext() as context:
        context.prec = 80
        here, there, time = (Decimal(float(value)) for value in (here, there, time))
        fast, slow = (-here * time).exp(), (-there * time).exp()
        if here == there:
            return time * fast, time**2 * fast / 2
        first = (slow - fast) / (here - there)
        return first, (time * fast - first) / (there - here)


@pytest.mark.parametrize("distance", [0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.0199, 0.0201, 0.3, 1, 10, 1e3, 1e6])
@pytest.mark.parametrize("sign", [1, -1])
def test_differences_keep_their_digits_at_any_distance(distance, sign):
    # a distance x between rates of t: the smaller one is 2/t, 1e-13 is what second_difference promises
    time = 7.0
    rates = np.array([2.0, 2.0 + distance])[::sign] / time
    expected = exact_differences(*rates, time)
    for found, wanted in zip((first_difference(*rates, time), second_difference(*rates, time)), expected, strict=True):
        assert abs(Decimal(float(found)) / wanted - 1) < Decimal("1e-13")


def small_size_limit(spectrum, sizes, label_noise=0.0):
    """Coefficients of 1/size (test loss, gap) of the full mean-field curves, by Richardson's rule from two sizes."""
    start = loss_curves(spectrum, [INFINITE], [INFINITE], [label_noise], TIME)
    found = []
    for size in (1e4, 2e4):
        curves = loss_curves(spectrum, *sizes(size), [label_noise], TIME)
        rise = curves.test_loss - start.test_loss
        found.append(size * np.concatenate([rise, curves.test_loss + label_noise**2 - curves.train_loss]))
    return 2 * found[1] - found[0]


@pytest.mark.parametrize(("a", "b"), [(1.5, 1.25), (3, 1.25), (2, 1.5)])
def test_corrections_are_the_slopes_of_the_curves_in_one_over_size(a, b):
    # theory/dynamical_model.md 4: 5 digits for t <= 10
    spectrum = power_law(b, (a - 1) / b, 1000)
    loss, gap = early_loss(spectrum, TIME), early_gap(spectrum, TIME)
    width, no_gap = small_size_limit(spectrum, lambda size: ([size], [INFINITE]))
    samples, gap_of_samples = small_size_limit(spectrum, lambda size: ([INFINITE], [size]))
    np.testing.assert_allclose(width, loss.width, rtol=1e-5)
    np.testing.assert_allclose(samples, loss.samples, rtol=1e-5)
    np.testing.assert_allclose(gap_of_samples, gap.samples, rtol=1e-5)
    np.testing.assert_array_equal(no_gap, 0)


def test_label_noise_adds_its_own_corrections():
    spectrum, label_noise = power_law(1.25, 0.4, 1000), 0.7
    loss, gap = early_loss(spectrum, TIME), early_gap(spectrum, TIME)
    noisy, noisy_gap = small_size_limit(spectrum, lambda size: ([INFINITE], [size]), label_noise)
    np.testing.assert_allclose(noisy, loss.samples + label_noise**2 * loss.noise, rtol=1e-5)
    np.testing.assert_allclose(noisy_gap, gap.samples + label_noise**2 * gap.noise, rtol=1e-5)


@pytest.mark.parametrize("mode", [0, 2, 30])
def test_transfer_functions_are_corrected_as_the_loss_of_a_task_on_one_mode(mode):
    # theory/dynamical_model.md 2.5: at infinite samples L(t) = sum_k T_k H_k(2t)
    spectrum = power_law(1.25, 0.4, 1000)
    alone = spectrum._replace(task_power=np.eye(len(spectrum.eigenvalue))[mode])
    width, _ = small_size_limit(alone, lambda size: ([size], [INFINITE]))
    np.testing.assert_allclose(early_transfer(spectrum, 2 * TIME)[:, mode], width, rtol=1e-5)


def test_a_fast_mode_among_slow_ones_feels_their_trace():
    # paper Eq. 83 as in theory/dynamical_model.md 4: (Tr Lambda/lambda_k)[1 - e^-x - x e^-x], x = lambda_k t, from the
    # modes with lambda_l t << 1, here 1e-8; the mode itself adds x^2 e^-x/2
    spectrum = Spectrum(np.array([2.0, 1e-9]), np.ones(2), np.array([1.0, 1e11]), 1e11 + 1)
    x = 2.0 * TIME
    expected = (100 / 2.0) * (1 - np.exp(-x) - x * np.exp(-x)) + x**2 * np.exp(-x) / 2
    np.testing.assert_allclose(early_transfer(spectrum, TIME)[:, 0], expected, rtol=1e-7)


def test_white_spectrum_has_the_moments_of_wishart_matrices():
    # G = A^T A/N has the mean 1 and E[G^2] = 1 + (M + 1)/N, M/N of it in mean-field theory (Marchenko-Pastur): to that
    # order E[e^(-2 G t)] = e^(-2t) [1 + (2t)^2/2 (M + 1)/N]
    loss = early_loss(white(200), TIME)
    mean_field = 200 * 2 * TIME**2 * np.exp(-2 * TIME)
    np.testing.assert_allclose(loss.width, mean_field, rtol=1e-13)
    np.testing.assert_allclose(loss.samples, mean_field, rtol=1e-13)
    np.testing.assert_allclose(loss.spike, mean_field / 200, rtol=1e-13)


@pytest.mark.parametrize("corrections", [early_loss, early_gap])
def test_a_group_is_as_good_as_its_modes_one_by_one(corrections):
    group = Spectrum(np.array([1.0, 0.3, 0.1]), np.array([1.0, 0.5, 0.2]), np.array([1.0, 3.0, 2.0]), 6.0)
    place = np.repeat(np.arange(3), [1, 3, 2])
    apart = group.eigenvalue[place] * (1 + 1e-12 * np.arange(6))  # and one by one, nearly equal
    modes = Spectrum(apart, group.task_power[place], np.ones(6), 6.0)
    for one, other in zip(corrections(group, TIME), corrections(modes, TIME), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


@pytest.mark.parametrize("corrections", [early_loss, early_gap])
def test_a_binned_spectrum_is_as_good_as_the_exact_one(corrections):
    # Euler and Maclaurin: an integral from k - 1/2 in place of a sum from k on errs by 1/(24 k^2), 5e-7 at k = 300;
    # these are sums over two modes
    exact, binned = (corrections(power_law(1.25, 0.4, 3000, exact=number), 10 * TIME) for number in (3000, 300))
    for one, other in zip(exact, binned, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_spike_explains_what_the_printed_simulation_has_more_than_mean_field_theory():
    # theory/dynamical_model.md 7.3, early time: < .06 % of L with the spike
    time, width = np.array(floats(REFERENCE["time"])), float(REFERENCE["width"])
    spectrum = power_law(1.25, 0.4, REFERENCE["modes"])
    theory, start = loss_curves(spectrum, [width, INFINITE], [INFINITE] * 2, [0.0, 0.0], time).test_loss
    assert_printed(width * (theory - start), REFERENCE["theory"], "theory")
    simulation = start + np.array(floats(REFERENCE["simulation"])) / width
    np.testing.assert_allclose(simulation, theory + early_loss(spectrum, time).spike / width, rtol=6e-4)
    assert np.all(simulation[2:] > theory[2:] * (1 + 6e-4))


SEEDS = 4000


def with_control(losses, spectrum, time):
    """Mean and standard error (T,) of losses (S, 1 + T), less what they share with the slope at t = 0.

    ``losses`` begin at time[0], so early that the slope is known exactly: E[L'(0)] = -2 sum lambda T as E[G] = 1.
    """
    slope = (spectrum.initial_loss - losses[:, 0]) / time[0]
    excess = slope - 2 * spectrum.multiplicity @ (spectrum.eigenvalue * spectrum.task_power)
    shared = (slope - slope.mean()) @ (losses[:, 1:] - losses[:, 1:].mean(0)) / ((slope - slope.mean()) ** 2).sum()
    controlled = losses[:, 1:] - np.outer(excess, shared)
    return controlled.mean(0), controlled.std(0, ddof=1) / SEEDS**0.5


@pytest.mark.parametrize(("width", "samples"), [(40, INFINITE), (INFINITE, 40)])
def test_spike_is_what_finite_draws_have_more_than_mean_field_theory(width, samples):
    spectrum, time = power_law(1.25, 0.4, 100), np.array([1e-6, 0.1, 0.3, 1.0, 3.0, 10.0])
    keys = jax.random.split(jax.random.key(0), SEEDS)
    losses = full_batch(keys, spectrum, width, samples, 0.0, time).test_loss
    mean, error = with_control(losses, spectrum, time)
    theory = loss_curves(spectrum, [width], [samples], [0.0], time[1:]).test_loss[0]
    spike = early_loss(spectrum, time[1:]).spike / 40
    assert np.all(np.abs(mean - theory - spike) < 4 * error)
    early = time[1:] <= 1
    assert np.all(mean[early] - theory[early] > 6 * error[early])


def test_with_spikes_the_first_order_is_exact_for_one_mode():
    # one mode has K = u with P u ~ chi^2_P, L = e^(-2 u t) and Lhat = u L: E[L] = (1 + 4 t/P)^(-P/2), by the moment
    # generating function, and E[u L] = E[L]/(1 + 4 t/P); the next order is 4 t^2/P of the first, 4e-4
    samples = 1e6
    x = 4 * TIME / samples
    exact = np.exp(-samples / 2 * np.log1p(x))
    loss, gap = early_loss(white(1), TIME), early_gap(white(1), TIME)
    np.testing.assert_allclose(samples * (exact - np.exp(-2 * TIME)), loss.samples + loss.spike, rtol=1e-3)
    np.testing.assert_allclose(samples * exact * x / (1 + x), gap.samples + gap.spike, rtol=1e-3)


@pytest.mark.parametrize("time", [-1.0, np.inf, np.nan])
@pytest.mark.parametrize("corrections", [early_loss, early_gap, early_transfer])
def test_times_that_are_not_early_are_refused(corrections, time):
    with pytest.raises(ValueError, match="finite and not negative"):
        corrections(white(3), [1.0, time])
