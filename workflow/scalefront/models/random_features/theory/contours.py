"""Contours around the singularities z <= 0: nodes and weights of inverse Laplace transforms (theory 2.5).

Only the upper half plane is kept, as kernels are real on the real axis: a single integral is 2 Re sum_j c_j F(z_j), a
double one 2 Re sum_{i upper} sum_{j both} c_i c_j F(z_i, z_j).
"""

from typing import NamedTuple

import numpy as np

FEWEST_NODES = 128  # of an ellipse, whose nodes are powers of two: few shapes are ever compiled


class Contour(NamedTuple):
    """Nodes z_j in the upper half plane and weights; both complex of shape (h,)."""

    node: np.ndarray
    weight: np.ndarray


def talbot(nodes):
    """Modified Talbot contour at t = 1 with e^z in its weights; at time t both node and weight are divided by t.

    ``nodes`` is even and counts both half planes; 24 to 28 give the accuracy of doubles (theory 2.5 i).
    """
    angle = (np.arange(nodes // 2) + 0.5) * 2 * np.pi / nodes
    turn = 0.6407 * angle
    node = nodes * (0.5017 * angle / np.tan(turn) - 0.6122 + 0.2645j * angle)
    slope = nodes * (0.5017 / np.tan(turn) - 0.5017 * turn / np.sin(turn) ** 2 + 0.2645j)
    return Contour(node, np.exp(node) * slope / (1j * nodes))


def ellipse(largest_rate, steps):
    """Ellipse around [-largest_rate, 0] for any filter that is a polynomial in the rate of degree <= ``steps``.

    ``steps`` counts in units of time: learning_rate x steps. The weights leave out the filter: multiply by phi(-z)
    (theory 2.5 ii).
    """
    # the kernel converges as e^(-size nodes), the filter as (steps largest_rate/4)^nodes/nodes! e^(size nodes)
    size = min(1.0, np.arccosh(1 + 8 / (steps * largest_rate)))
    nodes = max(FEWEST_NODES, 1 << int(np.ceil(np.log2(32 / size))))
    angle = (np.arange(nodes // 2) + 0.5) * 2 * np.pi / nodes
    node = largest_rate / 2 * (np.cosh(size + 1j * angle) - 1)
    return Contour(node, largest_rate / 2 * np.sinh(size + 1j * angle) / nodes)
