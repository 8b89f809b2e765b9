"""From Talbot's variable x to z: the inverse Laplace or Z transform of every full-batch method (theory 2.2 and 2.5).

An error of rate u at time t, or after n steps, is phi(u) = int e^(x t) g(x)/(z(x) + u) dx/(2 pi i), with Z = e^x for
steps. A linear response of H_k(z) takes one factor g, a two-point function g(x) g(x').

| optimizer | z(x) | g(x) |
|---|---|---|
| gradient_flow | x | 1 |
| momentum_flow | x + inertia x^2 | 1 + inertia x |
| gradient_descent | (Z - 1)/learning_rate | Z/learning_rate |
| momentum | (Z - 1)(Z - momentum)/(learning_rate Z) | (Z - momentum)/learning_rate |
"""

import numpy as np

from scalefront.numerics import jnp

LOST = 37.0  # decays by e^-37 are below the rounding of doubles
FEWEST_STEPS = 32  # below, the contour would wrap around the unit circle


def transform(optimizer, settings, x):
    """z(x) and g(x), complex arrays like ``x``; ``settings`` are those of a Method, real scalars."""
    learning_rate, momentum, inertia = (jnp.asarray(value).astype(complex) for value in settings)
    if optimizer == "gradient_flow":
        return x, jnp.ones_like(x)
    if optimizer == "momentum_flow":
        return x + inertia * x**2, 1 + inertia * x
    grown = jnp.exp(x)
    if optimizer == "gradient_descent":
        return jnp.expm1(x) / learning_rate, grown / learning_rate
    return jnp.expm1(x) * (1 - momentum / grown) / learning_rate, (grown - momentum) / learning_rate


def earliest(method, largest_rate):
    """Count from which on the part of every error that Talbot's contour does not enclose has decayed into rounding.

    It encloses real x < 0, that is errors that decay without changing sign; the others (a step that overshoots, an
    oscillation) are gone by e^-LOST. inf where the largest rate does not decay at all.
    """
    if method.optimizer == "gradient_flow":
        return 0.0
    if method.optimizer == "momentum_flow":
        return 2 * method.inertia * LOST if 4 * method.inertia * largest_rate > 1 else 0.0
    q = method.learning_rate * largest_rate
    if method.optimizer == "gradient_descent":
        slowest = max(q - 1, 0.0)
    else:
        trace = 1 + method.momentum - q
        split = np.sqrt(max(trace**2 - 4 * method.momentum, 0.0))
        slowest = max((split - trace) / 2, np.sqrt(method.momentum))
    if slowest >= 1:
        return np.inf
    return max(FEWEST_STEPS, LOST / -np.log(slowest)) if slowest > 0 else FEWEST_STEPS


def reached(method, counts):
    """How far ``counts`` go in time that a slow error feels: learning_rate/(1 - momentum) x steps."""
    if not method.stepped:
        return counts
    momentum = 0.0 if np.isnan(method.momentum) else method.momentum
    return counts * method.learning_rate / (1 - momentum)
