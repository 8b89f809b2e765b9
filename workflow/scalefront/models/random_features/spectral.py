"""Full-batch linear regression at all times from one eigendecomposition, for any method that is a spectral filter.

Gradient flow, gradient descent and heavy ball from zero weights all shrink the residual along the i-th singular
direction of the training features by a factor phi(e_i, t); a filter is a function

    spectral_filter(eigenvalue (r,), time (T,)) -> (phi, 1 - phi), both (T, r),

given as a pair because either side may be too small to survive the subtraction (``filters``;
theory/dynamical_model.md 1 and 3).
"""

from typing import NamedTuple

from scalefront.numerics import jax, jnp

SMALLEST_EIGENVALUE = 1e-13  # of the largest; below, an eigenvalue of a double precision Gram matrix is rounding noise


class Population(NamedTuple):
    """Features and clean target of the population in white coordinates g, E[g g^T] = I.

    Attributes
    ----------
    root : (n, d), the student's features are ``root @ g``; (d,) stands for a diagonal root
    coefficient : (d,), the linear part of the target is ``coefficient . g``
    unexplained : (), power of the clean target beyond g
    """

    root: jax.Array
    coefficient: jax.Array
    unexplained: jax.Array


class TrainingSet(NamedTuple):
    """P samples divided by sqrt(P): features (P, n) and noisy targets (P,), or rows with the same inner products."""

    features: jax.Array
    target: jax.Array


def losses(population, training_set, spectral_filter, time):
    """Test and train loss (T,) each at the times (T,), and the largest eigenvalue; theory/dynamical_model.md 3.

    The test loss is the squared error in white coordinates, a sum of squares that cannot cancel.
    """
    weights, train, largest = regress(training_set, spectral_filter, time)
    return square(errors(population, weights)) + population.unexplained, train, largest


def population_losses(population, spectral_filter, time):
    """Test loss (T,) of training on the whole population (samples = inf), and the largest eigenvalue.

    The white coordinates are then the training set: the rows of root^T are its features, coefficient its targets.
    """
    if population.root.ndim == 1:
        rate = population.root**2
        remaining, _ = spectral_filter(rate, time)
        return square(remaining * population.coefficient[None, :]) + population.unexplained, rate.max()
    _, train, largest = regress(TrainingSet(population.root.T, population.coefficient), spectral_filter, time)
    return train + population.unexplained, largest


def regress(training_set, spectral_filter, time):
    """Weights (T, n), train loss (T,) and largest eigenvalue of the student that starts at zero.

    They come from the smaller of X X^T and X^T X.
    """
    features, target = training_set
    rows, columns = features.shape
    if rows <= columns:
        eigenvalue, left = jnp.linalg.eigh(features @ features.T, symmetrize_input=False)
        response = target @ left
        remaining, gain = _filtered(eigenvalue, spectral_filter, time)
        weights = ((gain * response[None, :]) @ left.T) @ features
        return weights, square(remaining * response[None, :]), eigenvalue[-1]
    eigenvalue, right = jnp.linalg.eigh(features.T @ features, symmetrize_input=False)
    correlation = (target @ features) @ right
    response = jnp.where(_kept(eigenvalue), correlation / jnp.sqrt(jnp.abs(eigenvalue)), 0.0)
    remaining, gain = _filtered(eigenvalue, spectral_filter, time)
    beyond = jnp.clip(target @ target - response @ response, 0)  # rounding may leave it below zero
    train = square(remaining * response[None, :]) + beyond
    return (gain * correlation[None, :]) @ right.T, train, eigenvalue[-1]


def errors(population, weights):
    """Error of the students ``weights`` (T, n) in white coordinates, (T, d); ensembles average these vectors."""
    root = population.root
    learned = weights * root[None, :] if root.ndim == 1 else weights @ root
    return population.coefficient[None, :] - learned


def _filtered(eigenvalue, spectral_filter, time):
    """phi and (1 - phi)/e, both (T, r); an eigenvalue that is dropped learns nothing: phi = 1."""
    kept = _kept(eigenvalue)
    positive = jnp.where(kept, eigenvalue, 1.0)
    remaining, learned = spectral_filter(positive, time)
    return jnp.where(kept[None, :], remaining, 1.0), jnp.where(kept[None, :], learned / positive[None, :], 0.0)


def _kept(eigenvalue):
    return eigenvalue > SMALLEST_EIGENVALUE * eigenvalue[-1]


def square(vectors):
    """Squared length along the last axis."""
    return jnp.sum(vectors**2, axis=-1)
