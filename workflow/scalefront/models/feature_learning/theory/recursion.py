"""Lazy one-pass sgd at infinite width: the moments of the modes, in blocks of steps (theory/feature_learning.md 2.6.5).

The power c_k = lambda_k <v_k^2> of mode k follows

    c_k(s + 1) = q_k c_k(s) + (eta lambda_k)^2/B [L(s) + sigma^2],   q_k = (1 - eta lambda_k)^2,   L = sum_k c_k

so that within a block, with f(t) = sum_k q_k^t c_k(0) and kappa(t) = (eta^2/B) sum_k lambda_k^2 q_k^t,

    L(t) = f(t) + sum_{m<t} kappa(t-1-m) [L(m) + sigma^2] = rho * (f + sigma^2 sum_{m<t} kappa(m)),
    rho(t) = delta_t0 + sum_{m<t} kappa(t-1-m) rho(m)

Every term is positive: nothing cancels, at any number of steps. It equals the march at richness 0, to rounding.
"""

import numpy as np

from scalefront.models.feature_learning.theory.order_parameters import MOST_GROWTH

BLOCK = 256  # steps
OVERFLOW = 1e150  # what a factor is capped at, so that none is infinite; a loss that rests on it is past MOST_GROWTH


def recursion(spectrum, steps, learning_rate, batch=np.inf, label_noise=0.0):
    """Mean test loss (T,) of the lazy network of infinite width on fresh samples, from zero readout.

    Parameters
    ----------
    spectrum : Spectrum of K groups
    steps : (T,) whole numbers >= 0 in any order; the work is about 4 K + 256 operations for each up to the last
    learning_rate : > 0
    batch : fresh samples a step, inf for the population gradient
    label_noise : standard deviation >= 0 of the labels

    From the step on at which it is MOST_GROWTH times its start the loss is +inf. Neglected, as in the march: the O(1/B)
    rank-one part of the covariance of a batch.
    """
    steps = np.asarray(steps, int)
    power = spectrum.multiplicity * spectrum.task_power
    shrink = (1 - learning_rate * spectrum.eigenvalue) ** 2
    kick = spectrum.multiplicity * (learning_rate * spectrum.eigenvalue) ** 2 / batch
    losses = np.full(len(steps), np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        left = np.minimum(shrink ** np.arange(BLOCK)[:, None], OVERFLOW)
        kernel = left @ kick
        resolvent, noise = _resolvent(kernel), label_noise**2 * np.append(0.0, np.cumsum(kernel[:-1]))
        carried, kicked = shrink**BLOCK, left[::-1] * kick
        for start in range(0, steps.max(initial=-1) + 1, BLOCK):
            loss = resolvent @ (left @ power + noise)
            grown = np.maximum.accumulate(~(loss <= MOST_GROWTH * spectrum.initial_loss))
            loss[grown] = np.inf
            inside = (start <= steps) & (steps < start + BLOCK)
            losses[inside] = loss[steps[inside] - start]
            if grown.any():
                break
            power = carried * power + (loss + label_noise**2) @ kicked
    return losses


def _resolvent(kernel):
    """Lower triangular Toeplitz matrix (n, n) of rho, from ``kernel`` (n,)."""
    rho = np.zeros(len(kernel))
    rho[0] = 1.0
    for t in range(1, len(kernel)):
        rho[t] = kernel[:t] @ rho[:t][::-1]
    lag = np.subtract.outer(np.arange(len(kernel)), np.arange(len(kernel)))
    return np.where(lag >= 0, np.minimum(rho, OVERFLOW)[lag], 0.0)
