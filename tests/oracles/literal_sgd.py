"""Stochastic gradient descent of the random-feature model as it is written, and its exact second moments, in numpy.

theory/dynamical_model.md 1 and 2.6: fresh samples of every mode in M dimensions; over a fixed training set the moments
of the weights, given the data.
"""

from typing import NamedTuple

import numpy as np


def one_pass(rng, spectrum, width, label_noise, learning_rate, batch, steps, runs):
    """Test loss (runs, T) after whole ``steps`` (T,), each run with a projection and samples of its own.

    v0 <- v0 - (learning_rate/B) G Psi^T (Psi v0 + sqrt(M) sigma eps) in all M modes.
    """
    eigenvalue, modes = spectrum.eigenvalue, len(spectrum.eigenvalue)
    projection = rng.standard_normal((runs, width, modes))
    error = np.tile(np.sqrt(modes * spectrum.task_power / eigenvalue), (runs, 1))
    losses = []
    for step in range(int(max(steps)) + 1):
        if step in steps:
            losses.append(error**2 @ eigenvalue / modes)
        features = rng.standard_normal((runs, batch, modes)) * np.sqrt(eigenvalue)
        noise = np.sqrt(modes) * label_noise * rng.standard_normal((runs, batch))
        residual = np.einsum("rbm,rm->rb", features, error) + noise
        seen = np.einsum("rnm,rbm,rb->rn", projection, features, residual, optimize=True)
        error = error - learning_rate / (batch * width) * np.einsum("rnm,rn->rm", projection, seen)
    return np.array(losses).T


def one_pass_moments(spectrum, projection, label_noise, learning_rate, batch, last):
    """Mean test loss (last + 1,) over all samples given one projection A (N, M), from E[v0 v0^T] in M dimensions.

    For Gaussian psi, E[psi psi^T C psi psi^T] = 2 Lambda C Lambda + Lambda Tr(Lambda C).
    """
    eigenvalue, modes = spectrum.eigenvalue, len(spectrum.eigenvalue)
    teacher = np.sqrt(modes * spectrum.task_power / eigenvalue)
    second, losses = np.outer(teacher, teacher), []
    gram = projection.T @ projection / len(projection)
    once = np.eye(modes) - learning_rate * gram * eigenvalue
    for _ in range(last + 1):
        losses.append(eigenvalue @ np.diag(second) / modes)
        weighted = eigenvalue[:, None] * second * eigenvalue
        power = modes * (losses[-1] + label_noise**2)
        kick = gram @ (weighted + power * np.diag(eigenvalue)) @ gram
        second = once @ second @ once.T + learning_rate**2 / batch * kick
    return np.array(losses)


class Data(NamedTuple):
    """Draws (S,) of projection and training set in white coordinates: features (S, P, N), target (S, P), root (S, N, d)
    with features = root @ g, coefficient (d,) of the clean target.
    """

    features: np.ndarray
    target: np.ndarray
    root: np.ndarray
    coefficient: np.ndarray


def draw_data(rng, spectrum, width, samples, label_noise, draws):
    """Data of ``draws`` independent Gaussian projections and training sets."""
    modes = len(spectrum.eigenvalue)
    root = rng.standard_normal((draws, width, modes)) * np.sqrt(spectrum.eigenvalue / width)
    white = rng.standard_normal((draws, samples, modes))
    coefficient = np.sqrt(spectrum.task_power)
    target = white @ coefficient + label_noise * rng.standard_normal((draws, samples))
    return Data(white @ root.transpose(0, 2, 1), target, root, coefficient)


def epoch_moments(data, learning_rate, batch, steps):
    """Exact mean test and train loss, both (S, T), over the batches of sgd that sees B distinct samples a step.

    With a = (w, 1), z_mu = (-x_mu, y_mu) a residual is z_mu . a and a gradient x_mu z_mu . a. The mean step is that of
    gradient descent, the noise (P - B)/(B (P - 1)) [mean_mu g g^T - gbar gbar^T].
    """
    features, target, root, coefficient = data
    draws, samples, width = features.shape
    scatter = (samples - batch) / (batch * (samples - 1))
    rows = np.concatenate([-features, target[:, :, None]], axis=2)
    mean = features.transpose(0, 2, 1) @ rows / samples
    step = np.eye(width + 1) + learning_rate * np.pad(mean, ((0, 0), (0, 1), (0, 0)))
    misses = np.concatenate([-root, np.broadcast_to(coefficient, (draws, 1, len(coefficient)))], axis=1)
    test_form = misses @ misses.transpose(0, 2, 1)
    second = np.zeros((draws, width + 1, width + 1))
    second[:, -1, -1] = 1
    test, train = [], []
    for number in range(int(max(steps)) + 1):
        power = np.einsum("spi,spi->sp", rows @ second, rows)
        if number in steps:
            test.append((test_form * second).sum((1, 2)))
            train.append(power.mean(1))
        noise = features.transpose(0, 2, 1) @ (features * power[:, :, None]) / samples
        noise -= mean @ second @ mean.transpose(0, 2, 1)
        second = step @ second @ step.transpose(0, 2, 1)
        second[:, :-1, :-1] += learning_rate**2 * scatter * noise
    return np.array(test).T, np.array(train).T
