"""Phases of the feature-learning model in the plane of capacity and source, and their names elsewhere.

What limits a network on its way down changes at source = 1 and at source = 2 - 1/capacity
(theory/feature_learning.md 3.2 and 3.3).
"""

from typing import NamedTuple

NOISY = ("sgd", "sgd_flow")  # optimizers that see batches of fresh samples
TASK_BOUNDARY = 1.0  # source at which the target leaves the space of the kernel: below it |w*| is infinite


def noise_boundary(capacity):
    """Source 2 - 1/capacity beyond which the noise of batches decays more slowly than the bias."""
    return 2 - 1 / capacity


def phase(capacity, source):
    """The phase: "hard" (source < 1) | "easy" (1 <= source < 2 - 1/capacity) | "super-easy"."""
    if source < TASK_BOUNDARY:
        return "hard"
    return "easy" if source < noise_boundary(capacity) else "super-easy"


def time_exponent(source, richness, depth):
    """chi of L ~ t^-chi by gradient flow: source, or source (H + 1)/(1 + H source) of a rich network on a hard task.

    Where the task is hard, |b|^2 and with it the kernel grow without end, as tau^(1 - source) in accelerated time
    tau ~ t^(chi/source) (theory/feature_learning.md 2.4 and 2.5).
    """
    if richness == 0 or source >= TASK_BOUNDARY:
        return source
    return source * (depth + 1) / (1 + depth * source)


class Paquette(NamedTuple):
    """A point in the letters of Paquette et al., arXiv:2405.15074: features j^-a, target j^-b.

    ``exponent`` is r of L*(C) ~ C^-r of one-pass sgd, at the optimal width.
    """

    a: float
    b: float
    phase: str
    exponent: float


def paquette(capacity, source):
    """The Paquette of a lazy point: capacity = 2a and capacity source = 2a + 2b - 1, for their 2a > 1.

    Their phases Ib, Ic and IV need 2a < 1, which is a capacity below 1 (theory/feature_learning.md 3.3).
    """
    a, b = capacity / 2, (capacity * (source - 1) + 1) / 2
    tail = 2 * a + 2 * b - 1
    if 2 * b < 1:
        return Paquette(a, b, "Ia", tail / (2 * a + 1))
    return Paquette(a, b, "II", tail / (2 * (a + b))) if b < a else Paquette(a, b, "III", 1 - 1 / (4 * a))
