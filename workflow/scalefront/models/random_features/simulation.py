"""Full-batch training of the lazy random-feature model, simulated exactly: one eigendecomposition a draw, no steps.

Time, losses and noise are in the units of theory/dynamical_model.md; the spaces are those of ``draws``.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.datasets import whiten
from scalefront.models.random_features.draws import (
    MODES_AT_ONCE,
    checked,
    count,
    draw_features,
    draw_projection,
    draw_rows,
    draw_samples,
    mode_chunks,
    modes_themselves,
    not_negative,
)
from scalefront.models.random_features.ensembles import (
    ensemble_losses,
    population_ensemble_losses,
    split_members,
)
from scalefront.models.random_features.filters import GRADIENT_FLOW, remaining_and_learned
from scalefront.models.random_features.parameters import ROWS_PER_WISHART
from scalefront.models.random_features.spectral import Population, losses, population_losses
from scalefront.numerics import jax, jnp

BATCH_BYTES = 2**31  # memory for the draws that an accelerator works on at once


class SimulatedCurves(NamedTuple):
    """Losses (S, T) of S independent draws at T times; a draw that cannot be computed is NaN.

    ``test_loss`` leaves the label noise out, ``train_loss`` includes it and is NaN where several training sets are
    averaged over. ``largest_rate`` (S,) is that of the draw: steps of a size for which it is too large diverge.
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    largest_rate: np.ndarray


def full_batch(keys, spectrum, width, samples, label_noise, time, method=GRADIENT_FLOW, ensemble=1, bags=1):
    """Test and train loss of a full-batch method on Gaussian features, one independent draw a key.

    Parameters
    ----------
    keys : (S,) JAX keys; a draw depends on its own key alone
    spectrum : Spectrum with one mode a group, except where width and samples are both infinite
    width : student features N >= 1, or inf (the student has the modes themselves)
    samples : training samples P >= 1, or inf (the population gradient)
    label_noise : standard deviation of the noise on the labels
    time : (T,) times >= 0 in units of 1/lambda of an eigenvalue 1, or whole steps of a method that takes them; 0 and
        inf are times, too
    method : Method, any but sgd
    ensemble, bags : numbers of projections and training sets, all crossed, whose students are averaged; 1 where width,
        or samples, are infinite

    Raises
    ------
    ValueError : a binned spectrum, a width or samples that is no positive integer, a negative time or noise.

    The method is section 3 of theory/dynamical_model.md, in N + 1 dimensions as in its section 2.6.
    """
    width, samples, time = count("width", width), count("samples", samples), _times(time)
    noise = jnp.asarray(not_negative(label_noise))
    spectral_filter = _Filter(method.optimizer)
    settings = tuple(map(jnp.asarray, method.settings))
    if width is None and samples is None:
        power = jnp.asarray(spectrum.multiplicity * spectrum.task_power)
        population = modes_themselves(jnp.asarray(spectrum.eigenvalue), power)
        return _same_for_all(keys, population, noise**2, time, settings, spectral_filter)
    checked(spectrum, label_noise)
    modes = mode_chunks(spectrum) if width else (spectrum.eigenvalue, spectrum.task_power)
    members = count("ensemble", ensemble) * (width or spectrum.modes)
    batch = _batch_size(keys, members, min(spectrum.modes, MODES_AT_ONCE), samples or 1, time)
    shape = _Shape(width, samples, count("ensemble", ensemble), count("bags", bags), batch)
    arrays = map(jnp.asarray, modes)
    return SimulatedCurves(
        *map(np.asarray, _gaussian_curves(keys, *arrays, noise, time, settings, spectral_filter, shape))
    )


def full_batch_on_rows(
    keys, features, target, width, samples, label_noise, time, method=GRADIENT_FLOW, ensemble=1, bags=1
):
    """Test and train loss of a full-batch method on real rows, one independent draw of rows and projection a key.

    The population is the empirical distribution over the rows, features and target centred; P rows are drawn from it
    with replacement. What no linear function of the features explains acts as label noise: the test loss is the excess
    loss, the mean over all rows of (f - w*.psi)^2, the train loss is that on the targets themselves.

    Parameters
    ----------
    keys : (S,) JAX keys; a draw depends on its own key alone
    features : (n, M) one row a sample, in any units: time counts in 1/(those units squared)
    target : (n,)
    width : random projections N >= 1 of the features, or inf (the features themselves)
    samples : training samples P >= 1, or inf (all rows, each with the same weight)
    label_noise : standard deviation of noise that is added to the targets of a draw
    time, method, ensemble, bags : as of ``full_batch``

    Raises
    ------
    ValueError : a width or samples that is no positive integer, a negative time or noise.
    """
    width, samples, time = count("width", width), count("samples", samples), _times(time)
    not_negative(label_noise)
    rows = whiten(features, target)
    unexplained = jnp.asarray(rows.noise_variance + float(label_noise) ** 2)
    spectral_filter, settings = _Filter(method.optimizer), tuple(map(jnp.asarray, method.settings))
    eigenvalue, coefficient = jnp.asarray(rows.eigenvalue), jnp.asarray(rows.coefficient)
    if width is None and samples is None:
        population = Population(jnp.sqrt(eigenvalue), coefficient, jnp.asarray(0.0))
        return _same_for_all(keys, population, unexplained, time, settings, spectral_filter)
    members = count("ensemble", ensemble) * (width or eigenvalue.size)
    batch = _batch_size(keys, members, eigenvalue.size, samples or 1, time)
    table = (jnp.asarray(rows.coordinates), jnp.asarray(rows.residual), eigenvalue, coefficient)
    noise = (jnp.asarray(float(label_noise)), unexplained)
    shape = _Shape(width, samples, count("ensemble", ensemble), count("bags", bags), batch)
    return SimulatedCurves(*map(np.asarray, _row_curves(keys, *table, *noise, time, settings, spectral_filter, shape)))


class _Shape(NamedTuple):
    """What a compiled simulation is made for; None for infinity."""

    width: int | None
    samples: int | None
    ensemble: int
    bags: int
    batch: int | None


class _Filter(NamedTuple):
    """The spectral filter of an optimizer, a function of its settings that compiled code tells apart by name."""

    optimizer: str

    def at(self, settings):
        return lambda eigenvalue, time: remaining_and_learned(self.optimizer, settings, eigenvalue, time)


@partial(jax.jit, static_argnames=("spectral_filter", "shape"))
def _gaussian_curves(keys, eigenvalue, task_power, label_noise, time, settings, spectral_filter, shape):
    def curves(key):
        projection, data = jax.random.split(key)
        if shape.width is None:
            population = modes_themselves(eigenvalue, task_power)
        else:
            population = draw_features(projection, eigenvalue, task_power, shape.width * shape.ensemble)
        draw = partial(draw_samples, label_noise=label_noise, samples=shape.samples)
        return _losses(data, population, draw, label_noise**2, time, spectral_filter.at(settings), shape)

    return jax.lax.map(curves, keys, batch_size=shape.batch)


@partial(jax.jit, static_argnames=("spectral_filter", "shape"))
def _row_curves(
    keys, rows, residual, eigenvalue, coefficient, noise, unexplained, time, settings, spectral_filter, shape
):
    def curves(key):
        projection, choice = jax.random.split(key)
        population = draw_projection(projection, eigenvalue, coefficient, shape.width and shape.width * shape.ensemble)
        draw = partial(draw_rows, coordinates=rows, residual=residual, label_noise=noise, samples=shape.samples)
        return _losses(choice, population, draw, unexplained, time, spectral_filter.at(settings), shape)

    return jax.lax.map(curves, keys, batch_size=shape.batch)


def _same_for_all(keys, population, noise_power, time, settings, spectral_filter):
    shape = _Shape(None, None, 1, 1, None)
    curves = _losses(None, population, None, noise_power, time, spectral_filter.at(settings), shape)
    return SimulatedCurves(*(np.repeat(np.asarray(curve)[None], len(keys), axis=0) for curve in curves))


def _losses(key, population, draw_training_set, noise_power, time, spectral_filter, shape):
    """Test and train loss (T,) and the largest rate of one draw; ``draw_training_set`` takes a key and a population."""
    endless = shape.samples is None
    if shape.ensemble * shape.bags == 1:
        if not endless:
            return losses(population, draw_training_set(key, population=population), spectral_filter, time)
        test, largest = population_losses(population, spectral_filter, time)
        return test, test + noise_power, largest
    members = split_members(population, shape.ensemble)
    if endless:
        test, largest = population_ensemble_losses(members, spectral_filter, time)
        return test, test + noise_power, largest
    keys = jax.vmap(lambda bag: jax.random.fold_in(key, bag))(jnp.arange(shape.bags, dtype=jnp.uint32))
    return ensemble_losses(members, draw_training_set, keys, spectral_filter, time)


def _batch_size(keys, features, modes, samples, time):
    """Draws to work on at once: one on a CPU, where a batch buys no speed; on an accelerator as many as fit."""
    if jax.default_backend() == "cpu":
        return None
    rows = min(samples, ROWS_PER_WISHART * (features + 1))
    numbers = 2 * modes * (features + 1) + 4 * features * (features + rows) + 4 * time.size * (features + modes)
    return max(1, min(len(keys), int(BATCH_BYTES / (8 * numbers))))


def _times(time):
    time = np.asarray(time, float)
    if time.ndim != 1 or not np.all(time >= 0):
        raise ValueError("time is a list of times that are not negative")
    return jnp.asarray(time)
