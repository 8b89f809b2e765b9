"""Loss curves of a white spectrum, lambda_k = 1 and T_k = 1/M, as integrals over the Marchenko-Pastur law.

theory/dynamical_model.md 4, "White, band-limited": either samples (at infinite width) or width (at infinite samples) is
finite.
"""

import numpy as np
from scipy.integrate import quad


def limited_samples(modes, samples, label_noise, time):
    """(test, train) at one time for infinite width."""
    ratio = modes / samples
    noise = label_noise**2
    test = _mean(ratio, lambda u: np.exp(-2 * u * time), at_zero=1.0)
    test += noise * ratio * _mean(ratio, lambda u: np.expm1(-u * time) ** 2 / u)
    train = _mean(ratio, lambda u: u * np.exp(-2 * u * time))
    train += noise * (ratio * _mean(ratio, lambda u: np.exp(-2 * u * time)) + 1 - min(ratio, 1.0))
    return test, train


def limited_width(modes, width, time):
    """Test loss at one time for infinite samples: the operator is similar to the Wishart matrix of the projection."""
    return _mean(modes / width, lambda u: np.exp(-2 * u * time), at_zero=1.0)


def _mean(ratio, function, at_zero=0.0):
    """Integral of a function over the density of nonzero eigenvalues, plus ``at_zero`` times the mass at zero."""

    def integrand(angle):
        u = 1 + ratio - 2 * np.sqrt(ratio) * np.cos(angle)
        return 2 * np.sin(angle) ** 2 / (np.pi * u) * function(u)

    value, _ = quad(integrand, 0, np.pi, epsabs=1e-13, epsrel=1e-13, limit=200)
    return value + at_zero * max(0.0, 1 - 1 / ratio)
