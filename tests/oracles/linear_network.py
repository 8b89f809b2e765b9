"""The feature-learning model as it is written, every sample drawn in all M dimensions, in numpy.

theory/feature_learning.md 1a-1e, in its own units: f = w . W.. A psi / N with A = A0 at the start, N^-1/2 W = 1.
"""

import numpy as np


def run(
    rng,
    spectrum,
    projection,
    learning_rate,
    richness,
    last,
    *,
    batch=None,
    samples=None,
    label_noise=0.0,
    pure=False,
    depth=1,
):
    """Test and train loss (last + 1,) of one run from a first layer A0 = ``projection`` (N, M).

    ``batch`` fresh samples a step, or distinct ones of ``samples``; None for the population, or for all samples.
    """
    eigenvalue = spectrum.eigenvalue
    target = np.sqrt(spectrum.task_power / eigenvalue)
    width = len(projection)
    first, readout = projection.copy(), np.zeros(width)
    hidden = [np.sqrt(width) * np.eye(width) for _ in range(depth - 1)]
    data = None if samples is None else _samples(rng, eigenvalue, target, label_noise, samples)
    test, train = np.full((2, last + 1), np.nan)
    for count in range(last + 1):
        backs = [readout]
        for layer in reversed(hidden):
            backs.insert(0, layer.T @ backs[0] / np.sqrt(width))
        predictor = first.T @ backs[0] / width
        test[count] = eigenvalue @ (target - predictor) ** 2
        if data is not None:
            train[count] = np.mean((data[1] - data[0] @ predictor) ** 2)
        gradient = _gradient(rng, eigenvalue, target, predictor, data, batch, label_noise)
        towards = gradient if pure else projection.T @ (projection @ gradient) / width
        activity, changes = first @ gradient, []
        for layer, back in zip(hidden, backs[1:], strict=True):
            changes.append(np.outer(back, activity) / np.sqrt(width))
            activity = layer @ activity / np.sqrt(width)
        readout = readout + learning_rate * activity
        first = first + learning_rate * richness * np.outer(backs[0], towards)
        hidden = [layer + learning_rate * richness * change for layer, change in zip(hidden, changes, strict=True)]
    return test, train


def _samples(rng, eigenvalue, target, label_noise, samples):
    features = rng.standard_normal((samples, len(eigenvalue))) * np.sqrt(eigenvalue)
    return features, features @ target + label_noise * rng.standard_normal(samples)


def _gradient(rng, eigenvalue, target, predictor, data, batch, label_noise):
    if data is None and batch is None:
        return eigenvalue * (target - predictor)
    features, labels = _samples(rng, eigenvalue, target, label_noise, batch) if data is None else data
    if data is not None and batch is not None:
        chosen = rng.permutation(len(labels))[:batch]
        features, labels = features[chosen], labels[chosen]
    return features.T @ (labels - features @ predictor) / len(labels)
