"""Averages of students over projections (an ensemble) and over training sets (bags), all crossed (theory 2.6).

Members share the modes, so that their features are jointly Gaussian: E projections of N features are one draw of E N
features, and every student's error is a vector in the same white coordinates.
"""

import numpy as np

from scalefront.models.random_features.spectral import Population, TrainingSet, errors, regress, square
from scalefront.numerics import jax, jnp


def split_members(population, ensemble):
    """Population with ``root`` (E, N, d) of the E members from one of E N features, scaled to N features each.

    Without a projection (``root`` (d,)) there is one member, the modes themselves.
    """
    root = population.root
    if root.ndim == 1:
        return population._replace(root=jnp.diag(root)[None])
    return population._replace(root=root.reshape(ensemble, -1, root.shape[1]) * np.sqrt(ensemble))


def ensemble_losses(members, draw_training_set, keys, spectral_filter, time):
    """Test and train loss (T,) of the mean prediction, and the largest eigenvalue of any member.

    Parameters
    ----------
    members : Population with root (E, N, d)
    draw_training_set : function of a key and a keyword ``population``, a Population with all features in one root
    keys : (Q,) keys of the training sets
    spectral_filter, time : as of ``spectral.losses``

    The train loss is NaN where there are several training sets.
    """
    ensemble, width, modes = members.root.shape
    whole = members._replace(root=members.root.reshape(-1, modes))

    def bag(key):
        features, target = draw_training_set(key, population=whole)

        def member(number):
            seen = jax.lax.dynamic_slice_in_dim(features, number * width, width, axis=1)
            weights, _, largest = regress(TrainingSet(seen, target), spectral_filter, time)
            alone = Population(members.root[number], members.coefficient, members.unexplained)
            return errors(alone, weights), weights @ seen.T, largest

        error, predicted, largest = _mean_over(member, ensemble)
        return error, square(target[None, :] - predicted), largest

    error, train, largest = jax.lax.map(bag, keys)
    train = train[0] if len(keys) == 1 else jnp.full_like(train[0], jnp.nan)
    return square(error.mean(0)) + members.unexplained, train, largest.max()


def population_ensemble_losses(members, spectral_filter, time):
    """Test loss (T,) of the mean prediction of members that each train on the whole population; largest eigenvalue."""

    def member(number):
        root = members.root[number]
        weights, _, largest = regress(TrainingSet(root.T, members.coefficient), spectral_filter, time)
        alone = Population(root, members.coefficient, members.unexplained)
        return errors(alone, weights), jnp.zeros((time.size, 0)), largest

    error, _, largest = _mean_over(member, members.root.shape[0])
    return square(error) + members.unexplained, largest


def _mean_over(member, count):
    """Means of the first two results of member(0 .. count - 1) and the maximum of the third."""
    error, predicted, largest = jax.lax.map(member, jnp.arange(count))
    return error.mean(0), predicted.mean(0), largest.max()
