"""Early-time corrections of order 1/N and 1/P to the losses of infinite width and samples.

First order in 1/width and 1/samples at fixed time, good while time^(1/capacity) is far below both
(theory/dynamical_model.md 4, "Early-time 1/N and 1/P corrections"). With f(lambda) = exp(-lambda t), e_lk there is the
divided difference -f[lambda_k, lambda_l] and g_kl is lambda_k lambda_l f[lambda_k, lambda_k, lambda_l].

Both are positive and analytic in the eigenvalues, without a pole at l = k. Equal eigenvalues, those of the modes of one
group among them, take part with the limit, and on a binned spectrum sums over k and l are quadratures of smooth
functions, as good as that of the loss itself. What is beyond mean-field theory, the spikes, is a sum over modes alone.
"""

from typing import NamedTuple

import numpy as np

ENTRIES = 2**14  # pairs of groups at once: they stay in the cache
NEAR = 0.02  # distance |lambda_k - lambda_l| t below which a second difference is summed as a series
TERMS = 7  # of that series: 0.02^7/9! is below rounding, which a difference would multiply by 1/0.02


class EarlyLoss(NamedTuple):
    """Coefficients of L(t) = L_inf(t) + width/N + (samples + label_noise^2 noise)/P; all of shape (T,).

    These are of mean-field theory. The mean over Gaussian projections and features has ``spike`` (1/N + 1/P) more.
    """

    width: np.ndarray
    samples: np.ndarray
    noise: np.ndarray
    spike: np.ndarray


class EarlyGap(NamedTuple):
    """Coefficients of L + label_noise^2 - Lhat = (samples + label_noise^2 noise)/P at any width; all of shape (T,).

    These are of mean-field theory. The mean over Gaussian projections and features has ``spike``/P more.
    """

    samples: np.ndarray
    noise: np.ndarray
    spike: np.ndarray


def early_loss(spectrum, time):
    """Coefficients of 1/N and 1/P in the test loss of gradient flow.

    The spike, sum_k 2 T_k (lambda_k t)^2 exp(-2 lambda_k t), counts the pairs l = k once more: for Gaussian projections
    and features the diagonal of A^T A/N and Psi^T Psi/P fluctuates twice as much as mean-field theory has it. With it
    the first order is exact.

    Parameters
    ----------
    spectrum : Spectrum of K groups; the cost is K^2 a time
    time : (T,) finite times >= 0, in units of 1/lambda_1 for lambda_1 = 1

    Raises
    ------
    ValueError : a time that is negative or infinite.

    Source: theory/dynamical_model.md 4; the width's as sum_kl T_k g_kl(2t), from L(t) = sum_k T_k H_k(2t) of its 2.5.
    """
    time = _finite(time)
    power, decay = spectrum.multiplicity * spectrum.task_power, np.exp(-np.outer(time, spectrum.eigenvalue))
    bias = 2 * decay * early_transfer(spectrum, time)
    variance = _sum_over_modes(lambda *pair: first_difference(*pair) ** 2, spectrum, 2, time)
    return EarlyLoss(
        width=early_transfer(spectrum, 2 * time) @ power,
        samples=(bias + variance) @ power,
        noise=np.expm1(-np.outer(time, spectrum.eigenvalue)) ** 2 @ spectrum.multiplicity,
        spike=2 * (np.outer(time, spectrum.eigenvalue) * decay) ** 2 @ power,
    )


def early_gap(spectrum, time):
    """Coefficients of 1/P in the gap between test and train loss of gradient flow; there is none of 1/N.

    gap P = 2 sum_kl T_k exp(-lambda_k t) lambda_l e_lk + 2 label_noise^2 sum_l (1 - exp(-lambda_l t)), the first order
    of paper Eq. 18 (theory/dynamical_model.md 2.6) with R02(t) = -sum_l lambda_l exp(-lambda_l t) and
    C1(t, s) = sum_k T_k exp(-lambda_k (t + s)) + label_noise^2. The spike counts l = k once more, as in early_loss.
    Arguments and errors are those of early_loss.
    """
    time = _finite(time)
    rate = np.outer(time, spectrum.eigenvalue)
    power, decay = spectrum.multiplicity * spectrum.task_power, np.exp(-rate)
    return EarlyGap(
        samples=2 * (decay * _sum_over_modes(first_difference, spectrum, 1, time)) @ power,
        noise=-2 * np.expm1(-rate) @ spectrum.multiplicity,
        spike=2 * (rate * decay**2) @ power,
    )


def early_transfer(spectrum, time):
    """Coefficients (T, K) of 1/N + 1/P in the transfer functions H_k(t) = exp(-lambda_k t) + ...: sum_l g_kl.

    The mean over Gaussian projections and features has (lambda_k t)^2 exp(-lambda_k t)/2 more. Arguments and errors are
    those of early_loss.

    Source: theory/dynamical_model.md 4.
    """
    return spectrum.eigenvalue * _sum_over_modes(second_difference, spectrum, 1, _finite(time))


def first_difference(here, there, time):
    """e_lk = -f[here, there] of f(lambda) = exp(-lambda time), to rounding at any distance of the two eigenvalues."""
    slowest, distance = np.minimum(here, there), np.abs(here - there) * time
    return time * np.exp(-slowest * time) * _mean_decay(distance)


def second_difference(here, there, time):
    """f[here, here, there] of f(lambda) = exp(-lambda time), to 1e-13 at any distance of the two eigenvalues.

    With x = |here - there| time it is time^2 exp(-min time) times int_0^1 s e^(-x s) ds where ``there`` is the slower
    of the two, times int_0^1 (1 - s) e^(-x s) ds where ``here`` is.
    """
    slowest, distance = np.minimum(here, there), np.abs(here - there) * time
    mean = _mean_decay(distance)
    apart = np.maximum(distance, NEAR)
    series = np.zeros_like(distance)
    for term in range(TERMS, 0, -1):
        series = (1 - np.minimum(distance, NEAR) * series) / (term + 1)
    near = distance < NEAR
    slower = np.where(near, series, (1 - mean) / apart)
    faster = np.where(near, mean - series, (mean - np.exp(-distance)) / apart)
    return time**2 * np.exp(-slowest * time) * np.where(here > there, faster, slower)


def _mean_decay(distance):
    """int_0^1 e^(-x s) ds = (1 - e^-x)/x."""
    safe = np.where(distance > 0, distance, 1.0)
    return np.where(distance > 0, -np.expm1(-safe) / safe, 1.0)


def _sum_over_modes(kernel, spectrum, power, time):
    """sum_l lambda_l^power kernel(lambda_k, lambda_l, t) of shape (T, K)."""
    eigenvalue, weight = spectrum.eigenvalue, spectrum.multiplicity * spectrum.eigenvalue**power
    total = np.empty((len(time), len(eigenvalue)))
    step = max(1, ENTRIES // len(eigenvalue))
    for first in range(0, len(eigenvalue), step):
        rows = slice(first, first + step)
        for place, now in enumerate(time):
            total[place, rows] = kernel(eigenvalue[rows, None], eigenvalue, now) @ weight
    return total


def _finite(time):
    time = np.asarray(time, float)
    if not np.all((time >= 0) & np.isfinite(time)):
        raise ValueError("an early time is finite and not negative")
    return time
