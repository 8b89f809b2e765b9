"""Gradient descent of the random-feature model as it is written: every mode, every sample, step after step.

theory/dynamical_model.md section 1, in numpy; small steps approach gradient flow.
"""

from typing import NamedTuple

import numpy as np


class Draw(NamedTuple):
    """One draw: ``projection`` A (N, M), None at infinite width; ``features`` Psi (P, M); ``noise`` sigma eps (P,)."""

    projection: np.ndarray | None
    features: np.ndarray
    noise: np.ndarray


def draw(rng, eigenvalue, width, samples, label_noise):
    """Gaussian projection, features and label noise from a numpy generator; ``width`` may be inf."""
    modes = len(eigenvalue)
    projection = None if width == np.inf else rng.standard_normal((int(width), modes))
    features = rng.standard_normal((samples, modes)) * np.sqrt(eigenvalue)
    return Draw(projection, features, label_noise * rng.standard_normal(samples))


def steps(drawn, eigenvalue, task_power, learning_rate, count):
    """Test and train loss (count + 1,) after 0 .. count steps of dw/dt = sqrt(M)/(P sqrt(N)) A Psi^T v1."""
    projection, features, noise = drawn
    samples, modes = features.shape
    teacher = np.sqrt(modes * task_power / eigenvalue)
    if projection is None:
        projection, width = np.eye(modes), 1  # the student has the modes themselves: G = 1
    else:
        width = len(projection)
    weights = np.zeros(len(projection))
    test, train = np.empty((2, count + 1))
    for step in range(count + 1):
        error = teacher - projection.T @ weights / np.sqrt(width)
        residual = features @ error / np.sqrt(modes) + noise
        test[step] = eigenvalue @ error**2 / modes
        train[step] = residual @ residual / samples
        weights += learning_rate * np.sqrt(modes) / (samples * np.sqrt(width)) * projection @ (features.T @ residual)
    return test, train
