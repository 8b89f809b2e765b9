"""Generating functions over the steps of sgd, sum_n a(n) Z^-n, and their coefficients, at any number of steps.

The error of sgd of rate u shrinks in mean square by q(u) = (1 - eta u)^2 + eta^2 u^2/B a step (theory 2.6). For a
density of rates with transform f(z) = sum w/(z + u), the moments a(n) = sum w q(u)^n have the generating function

    sum_n a(n) Z^-n = Z [f(z+) - f(z-)]/(2 eta r),    r = sqrt(1 - (1 + 1/B)(1 - Z)),    z+- = (-1 +- r)/eta',

eta' = eta (1 + 1/B): the two residues at q(-z) = Z. All its singularities lie at real Z in [1/(B + 1), 1], so that
Talbot's contour in log Z gives a(n) for many steps, a circle |Z| > 1 for few (derived in docs/model.md).
"""

from typing import NamedTuple

import numpy as np

from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.kappa import solve_kappa
from scalefront.numerics import jnp

NODES = 24
FEW_STEPS = 16  # up to here the circle, beyond it Talbot's contour, which would wrap around the unit circle
RADIUS, CIRCLE_NODES = 1.5, 96  # RADIUS^-CIRCLE_NODES is below 1e-16, the rounding of RADIUS^FEW_STEPS about 1e-13


class Walk(NamedTuple):
    """Rows (n,) of one-step statistics.

    Attributes
    ----------
    learning_rate : eta
    noise : 1/B, of a batch of B fresh samples
    """

    learning_rate: np.ndarray
    noise: np.ndarray


def few(steps):
    """Which of the numbers of steps the circle serves."""
    return steps <= FEW_STEPS


def many(steps):
    """Which of them Talbot's contour serves."""
    return (steps > FEW_STEPS) & np.isfinite(steps)


def circle():
    """Nodes Z (h,) that serve all steps up to FEW_STEPS, upper half plane."""
    angle = (np.arange(CIRCLE_NODES // 2) + 0.5) * 2 * np.pi / CIRCLE_NODES
    return RADIUS * np.exp(1j * angle)


def first_coefficients(values, steps):
    """a(n) (..., T) for steps (T,) <= FEW_STEPS, from the generating function divided by Z on the circle (..., h)."""
    return 2 * (values @ (circle()[:, None] ** (np.asarray(steps) + 1) / CIRCLE_NODES)).real


def late_contour(steps):
    """Nodes Z - 1 (h, n) and weights (h, n), a(n) = 2 Re sum weight A(Z)/Z, for steps (n,) > FEW_STEPS."""
    contour = talbot(NODES)
    node, weight = (jnp.asarray(column)[:, None] / steps[None, :].astype(complex) for column in contour)
    return jnp.expm1(node), weight * jnp.exp(node)


def roots(walk, excess):
    """z+, z- and 2 eta r at Z = 1 + ``excess``, a node (h, n); z+ without cancellation where Z is close to 1."""
    eta, noise = (column[None, :].astype(complex) for column in walk)
    r = jnp.sqrt(1 + (1 + noise) * excess)
    return excess / (eta * (1 + r)), -(1 + r) / (eta * (1 + noise)), 2 * eta * r


def at_roots(spectrum, neck, walk, excess, rotations):
    """Kappa at z+ and z- stacked (2h, n), z of the same shape, and 2 eta r (h, n)."""
    right, left, slope = roots(walk, excess)
    z = jnp.concatenate([right, left])
    return solve_kappa(spectrum, neck, z, rotations), z, slope


def difference(values, slope):
    """[f(z+) - f(z-)]/(2 eta r) from f at both roots (2h, n): the generating function divided by Z."""
    half = values.shape[0] // 2
    return (values[:half] - values[half:]) / slope
