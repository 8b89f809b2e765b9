"""The density of rates at which the mean error of a mode decays, and what of it never decays (theory 2.2).

H_k(t) = mass_k + int rho_k(u) e^(-u t) du, with rho_k(u) = -Im H_k(-u + i0)/pi and mass_k = kappa0/(kappa0 +
lambda_k). The paper's appendix F calls it the density of time scales.
"""

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.theory.kappa import kappa

ABOVE = 1e-9  # distance of a node from the cut, relative to its rate


def rate_density(spectrum, width, samples, eigenvalue, rate):
    """rho_k(u), (R, K), for modes of the given eigenvalues (K,) at rates u > 0 (R,); scalar width and samples.

    NaN where kappa was not found. The density ends in square roots: within 1e-6 of an edge it is good to 1e-3 of
    itself.
    """
    rate, eigenvalue = np.asarray(rate, float), np.asarray(eigenvalue, float)
    many = np.ones(len(rate))
    z = rate * (-1 + 1j * ABOVE)
    found = kappa(spectrum, width * many, samples * many, z[:, None])
    at = found.kappa
    density = -(at / (at + eigenvalue[None, :]) / z[:, None]).imag / np.pi
    return np.where(found.converged, density, np.nan)


def frozen_share(spectrum, width, samples, eigenvalue):
    """mass_k (K,): what is left of the mean error of modes of the given eigenvalues at infinite time."""
    (floor,) = bottleneck(spectrum, [width], [samples]).kappa0
    return floor / (floor + np.asarray(eigenvalue, float))
