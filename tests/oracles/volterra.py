"""Mean loss of one-pass sgd by the direct sum over steps of its Volterra equation (theory/dynamical_model.md 2.6).

F(n) and Kv(n) are single integrals over an ellipse around the rates, with all modes summed one by one; at infinite
width they are sums over modes, and the loss has a recursion of its own.
"""

import numpy as np
from scalefront.models.random_features.theory.contours import ellipse
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.kappa import kappa


def means_and_kernel(spectrum, width, learning_rate, batch, last):
    """F and Kv, both (last + 1,), with the self-term: q(-z) = (1 + eta z)^2 + eta^2 z^2/B, of degree 2 a step."""
    contour = ellipse(largest_rate(spectrum, width, np.inf), 2 * learning_rate * max(last, 1))
    z = contour.node
    at = kappa(spectrum, [width], [np.inf], z[None]).kappa[0]
    power = ((1 + learning_rate * z) ** 2 + (learning_rate * z) ** 2 / batch) ** np.arange(last + 1)[:, None]
    pole = 1 / (at[:, None] + spectrum.eigenvalue)
    signal = at / z * (pole @ (spectrum.multiplicity * spectrum.task_power))
    df1 = pole @ (spectrum.multiplicity * spectrum.eigenvalue)
    return 2 * (power @ (contour.weight * signal)).real, -2 * (power @ (contour.weight * z * df1)).real


def losses(spectrum, width, label_noise, learning_rate, batch, last):
    """L(0 .. last) by L(n) = F(n) + (eta^2/B) sum_m Kv(n-1-m) [L(m) + sigma^2]."""
    mean, kernel = means_and_kernel(spectrum, width, learning_rate, batch, last)
    found = np.empty(last + 1)
    for step in range(last + 1):
        fed_back = kernel[:step][::-1] @ (found[:step] + label_noise**2)
        found[step] = mean[step] + learning_rate**2 / batch * fed_back
    return found


def infinite_width(spectrum, label_noise, learning_rate, batch, steps):
    """L (T,) by y_k <- [(1 - eta lambda_k)^2 + eta^2 lambda_k^2/B] y_k + (eta^2/B) lambda_k^2 (sum_l y_l + sigma^2)."""
    rate = learning_rate * spectrum.eigenvalue
    power, found = np.array(spectrum.task_power), {}
    for step in range(int(max(steps)) + 1):
        found[step] = spectrum.multiplicity @ power
        power = ((1 - rate) ** 2 + rate**2 / batch) * power + rate**2 / batch * (found[step] + label_noise**2)
    return np.array([found[int(step)] for step in steps])
