"""What sgd over a fixed training set would lose without the noise that its own losses feed back: F and Fhat of
``epochs``.

They are the double integrals of gradient descent with q(u, u')^n = [(1 - eta u)(1 - eta u') + (eta^2/B') u u']^n in
place of both filters. Early steps share an ellipse; late ones lie on Talbot's contour in log Z, where 1/B' is a small
correction.
"""

from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.early_steps import FARTHEST, correlations, nodes_of
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.generating import Walk
from scalefront.models.random_features.theory.kappa import solve_kappa
from scalefront.models.random_features.theory.late_times import NODES, ROUNDING, Rows, in_chunks, sum_upper
from scalefront.models.random_features.theory.transforms import LOST
from scalefront.models.random_features.theory.two_point import one_point, pairs, two_point
from scalefront.numerics import jax, jnp

LATE, LATE_BY_NOISE = 64, 400  # Talbot's contour from so many steps on: there (1 + w w'/B')^n grows by e^2 at most


class Problem(NamedTuple):
    """One problem of sgd over a fixed training set; ``noise`` is 1/B' of its batches."""

    spectrum: object
    width: float
    samples: float
    label_noise: float
    learning_rate: float
    noise: float

    def columns(self, count):
        """A Bottleneck and a Walk of ``count`` equal rows."""
        walk = Walk(np.full(count, self.learning_rate), np.full(count, self.noise))
        return bottleneck(self.spectrum, [self.width] * count, [self.samples] * count), walk


def means(problem, steps):
    """Rows of F and Fhat of a Problem at ``steps`` (n,), NaN and not converged where too many steps overshoot."""
    slowest = largest_rate(problem.spectrum, problem.width, problem.samples)
    late = steps >= first_late(problem, slowest)
    early = ~late & (steps * problem.learning_rate * slowest <= FARTHEST)
    rows = Rows(*np.full((3, len(steps)), np.nan), np.zeros(len(steps), bool))
    if late.any():
        columns = (*problem.columns(late.sum()), np.full(late.sum(), problem.label_noise), steps[late])
        for column, values in zip(rows, in_chunks(_late_means, problem.spectrum, columns), strict=True):
            column[late] = values
    if early.any():
        for column, values in zip(rows, early_means(problem, steps[early], slowest), strict=True):
            column[early] = values
    return rows


def first_late(problem, slowest):
    """First step whose pairs Talbot's contour holds: what overshoots has decayed, and B' is no matter any more."""
    first = LATE + LATE_BY_NOISE * problem.noise
    eta_u = problem.learning_rate * slowest
    if eta_u > 1:
        first = max(first, 2 * LOST / -np.log((1 - eta_u) ** 2 + eta_u**2 * problem.noise))
    return first


def early_means(problem, steps, slowest):
    """Rows of F and Fhat at ``steps`` (n,), all on one ellipse around [-slowest, 0]."""
    method = Method("gradient_descent", problem.learning_rate)
    nodes = nodes_of(problem.spectrum, problem.width, problem.samples, max(steps.max(), 1.0), method, slowest)
    kernels = correlations(nodes, problem.label_noise, lambda found: (found.c0, found.c1))
    weight = nodes.weight / nodes.node
    both, node = np.concatenate([weight, weight.conj()]), np.concatenate([nodes.node, nodes.node.conj()])
    x, y = problem.learning_rate * nodes.node[:, None], problem.learning_rate * node[None, :]
    log_filter = np.log((1 + x) * (1 + y) + problem.noise * x * y)
    losses, sound = np.zeros((2, len(steps))), np.ones(len(steps), bool)
    for number, count in enumerate(steps):
        weights = weight[:, None] * both[None, :] * np.exp(count * log_filter)
        for loss, kernel in zip(losses, kernels, strict=True):
            terms = weights * kernel
            loss[number] = 2 * terms.sum().real
            sound[number] &= loss[number] >= -ROUNDING * abs(terms).sum()
    residual = np.full(len(steps), nodes.solved.residual.max())
    return Rows(*np.maximum(losses, 0.0), residual, sound & bool(nodes.solved.converged.all()))


@jax.jit
def _late_means(spectrum, neck, walk, label_noise, steps, rotations):
    """Rows of F and Fhat by Talbot's contour in log Z, Z = 1 + eta z: q(-z, -z') = Z Z' (1 + w w'/B'), w = 1 - 1/Z."""
    contour = talbot(NODES)
    node, weight = (jnp.asarray(column)[:, None] / steps[None, :].astype(complex) for column in contour)
    eta, noise = (column[None, :].astype(complex) for column in walk)
    z = jnp.expm1(node) / eta
    solved = solve_kappa(spectrum, neck, z, rotations)
    found = two_point(*pairs(one_point(spectrum, neck, solved)), neck, label_noise)
    weight, w = weight * jnp.exp(node) / (eta * z), -jnp.expm1(-node)
    both, other = jnp.concatenate([weight, jnp.conj(weight)]), jnp.concatenate([w, jnp.conj(w)])
    pair = noise[None] * w[:, None] * other[None]
    product = weight[:, None] * both[None] * jnp.exp(steps[None, None, :].astype(complex) * jnp.log1p(pair))
    test, test_sound = sum_upper(product * found.c0, (0, 1))
    train, train_sound = sum_upper(product * found.c1, (0, 1))
    return Rows(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)
