"""Losses on an ellipse around all rates: one set of nodes for all early steps or times (theory/dynamical_model.md 2.5
ii).

It serves every filter that is entire in the rate, overshooting and oscillating ones too; its number of nodes grows as
the root of the time, so that late times are left to Talbot's contour.
"""

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.filters import remaining
from scalefront.models.random_features.theory.contours import ellipse
from scalefront.models.random_features.theory.kappa import kappa
from scalefront.models.random_features.theory.late_times import ROUNDING, Rows, kernels
from scalefront.models.random_features.theory.pole_sums import groups
from scalefront.models.random_features.theory.transforms import reached
from scalefront.models.random_features.theory.two_point import one_point, pairs, two_point
from scalefront.numerics import jax

FARTHEST = 2e4  # in units of 1/u_max: 2048 nodes; what is left of later times is unconverged
COUNTS = 64  # steps go in multiples of this number, so that few shapes are ever compiled


def early_rows(spectrum, width, samples, label_noise, weights, counts, method, largest_rate):
    """Rows (T,) of one problem at counts (T,): times, or steps.

    Parameters
    ----------
    width, samples, label_noise : scalars
    weights : Shares of one row, each (1,)
    largest_rate : u_max of the problem
    """
    inside = reached(method, counts) * largest_rate <= FARTHEST
    if not inside.any():
        return Rows(*np.full((3, len(counts)), np.nan), np.zeros(len(counts), bool))
    nodes = nodes_of(spectrum, width, samples, counts[inside].max(), method, largest_rate)
    test, train = correlations(nodes, label_noise, lambda found: kernels(found, weights, False))
    with np.errstate(over="ignore", invalid="ignore"):  # an unstable method leaves the range of doubles
        factors = nodes.factors(counts, method)
        test, test_sound = _sum(factors, test)
        train, train_sound = _sum(factors, train)
    residual = np.full(len(counts), nodes.solved.residual.max())
    return Rows(test, train, residual, inside & test_sound & train_sound & nodes.solved.converged.all())


class Nodes:
    """Kappa on an ellipse for one problem.

    Attributes
    ----------
    node, weight : (h,) of the contour, upper half plane
    neck, spectrum, solved : Bottleneck of one row, Groups, Kappa (h, 1)
    """

    def __init__(self, contour, spectrum, width, samples):
        self.node, self.weight = contour
        self.neck, self.spectrum = bottleneck(spectrum, [width], [samples]), groups(spectrum)
        many = np.ones(len(self.node))
        self.solved = kappa(spectrum, width * many, samples * many, self.node[:, None])

    def factors(self, counts, method):
        """phi(-z_j) c_j/z_j at counts (T,): complex (T, h)."""
        padded = np.resize(counts, -(-len(counts) // COUNTS) * COUNTS)
        shrunk = _remaining(method.optimizer, method.settings, -self.node[None, :], padded[:, None])
        return np.asarray(shrunk)[: len(counts)] * (self.weight / self.node)

    def points(self):
        """OnePoint (h, 1)."""
        return _one_point(self.spectrum, self.neck, self.solved)


def nodes_of(spectrum, width, samples, last, method, largest_rate):
    """Nodes that serve all counts up to ``last``."""
    contour = ellipse(largest_rate, max(float(reached(method, last)), 1e-3 / largest_rate))
    return Nodes(contour, spectrum, width, samples)


def correlations(nodes, label_noise, chosen=lambda found: found):
    """What ``chosen`` takes of the TwoPoint of one problem, as numpy arrays (h, 2h), pairs with conjugates last."""
    found = chosen(_two_point(nodes.points(), nodes.neck, np.array([float(label_noise)])))
    return jax.tree.map(lambda kernel: np.asarray(kernel)[:, :, 0], found)


_remaining = jax.jit(remaining, static_argnums=0)
_one_point = jax.jit(one_point)


@jax.jit
def _two_point(points, neck, label_noise):
    return two_point(*pairs(points), neck, label_noise)


def _sum(factors, kernel):
    """2 Re sum_ij p_i p_j C_ij for factors (T, h) and a kernel (h, 2h), raised to 0; and whether it was negative."""
    both = np.concatenate([factors, factors.conj()], axis=1)
    total = 2 * np.einsum("ti,ti->t", factors, both @ kernel.T).real
    rounding = ROUNDING * np.einsum("ti,ti->t", abs(factors), abs(both) @ abs(kernel).T)
    return np.maximum(total, 0.0), total >= -rounding
