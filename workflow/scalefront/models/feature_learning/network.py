"""The feature-learning model step by step: one deep linear network on Gaussian features, by gradient descent and sgd.

Every variant of the model is one network in ``layers`` (theory/feature_learning.md 1b-1f). Projected, its first layer
starts as 1 on the N features A0 psi / sqrt(N), in their eigenbasis; pure, as A0 / sqrt(N) on the modes psi; at infinite
width, as 1 on the modes. Deeper layers start as 1. At richness 0 none of them moves and the readout stands alone.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.batches import (
    Population,
    draw_distinct,
    draw_fresh,
    draw_training_set,
    fresh_gradient,
)
from scalefront.models.feature_learning.draws import coefficient, count, mode_chunks, project
from scalefront.models.feature_learning.layers import signals, start, step
from scalefront.numerics import jax, jnp

DIVERGED = 1e3  # times the loss at the start, beyond which a run has diverged
DRAWN_AT_ONCE = 16  # steps
TOGETHER_BYTES = 2**31  # memory for the runs that an accelerator works on at once


class SimulatedSteps(NamedTuple):
    """Losses (S, n) of S independent runs after n numbers of steps, NaN once a run has diverged.

    ``test_loss`` leaves the label noise out; ``train_loss`` includes it and is NaN for infinite samples.
    """

    test_loss: np.ndarray
    train_loss: np.ndarray


def simulate_steps(
    keys, spectrum, width, samples, label_noise, *, learning_rate, batch, counts, richness=1.0, depth=1, pure=False
):
    """SimulatedSteps after given numbers of steps, one independent run a key.

    Parameters
    ----------
    keys : (S,) JAX keys; a run depends on its own key alone
    spectrum : Spectrum with one mode a group
    width : N >= 1, or inf
    samples : training samples P >= 1, or inf for the population or fresh samples
    label_noise : standard deviation of the noise on the labels
    learning_rate : eta > 0; time is eta times the number of steps
    batch : samples a step, fresh ones or distinct ones of the training set; None for all of them
    counts : (n,) whole numbers of steps >= 0, increasing
    richness : gamma >= 0
    depth : hidden matrices L >= 1
    pure : whether the first layer is free; else the projection A0 is frozen beneath it

    A run has diverged from the first of ``counts`` on at which its train loss, or on fresh samples its test loss plus
    label noise, is not finite or ``DIVERGED`` times that at the start.

    Raises
    ------
    ValueError : a binned spectrum, a size that is no positive integer, a batch above ``samples``, a negative noise,
        counts that do not increase.

    Source: theory/feature_learning.md 1a-1f.
    """
    width, samples = count("width", width), count("samples", samples)
    batch = None if batch is None else count("batch", batch)
    _check(spectrum, samples, label_noise, batch)
    if batch == samples:
        batch = None
    layers = 0 if richness == 0 else depth
    units = width if pure and layers else None
    shape = _Shape(units, layers, samples, samples and batch, samples is None and batch is not None)
    runs = keys[:1] if width is samples is batch is None else keys  # nothing random is left
    population = _populations(runs, spectrum, None if units else width)
    settings = _Settings(*(jnp.asarray(float(value)) for value in (label_noise, learning_rate, richness, batch or 1)))
    together = _together(shape, population.root.shape[1], len(runs))
    losses = map(np.asarray, _runs(runs, population, settings, _whole(counts), shape, together))
    marked = _marked(*losses, label_noise)
    return SimulatedSteps(*(np.broadcast_to(loss, (len(keys), len(counts))) for loss in marked))


class _Shape(NamedTuple):
    """What a compiled simulation is made for: units of a first layer that starts at random (None: as 1), layers that
    learn, samples and batch of a training set (None: all of it), whether samples are fresh.
    """

    units: int | None
    layers: int
    samples: int | None
    batch: int | None
    fresh: bool


class _Settings(NamedTuple):
    label_noise: jax.Array
    learning_rate: jax.Array
    richness: jax.Array
    batch: jax.Array


def _populations(keys, spectrum, width):
    """Population of each key, (S, F) and (S,): ``width`` projections of the modes, or the modes themselves (None)."""
    if width is not None:
        return _projections(keys, *mode_chunks(spectrum), width)
    same = np.sqrt(spectrum.eigenvalue), np.sqrt(spectrum.task_power), np.zeros(())
    return Population(*(jnp.asarray(np.broadcast_to(part, (len(keys), *part.shape))) for part in same))


@partial(jax.jit, static_argnames="width")
def _projections(keys, eigenvalue, task_power, width):
    drawn = jax.lax.map(lambda key: project(jax.random.split(key, 3)[0], eigenvalue, task_power, width), keys)
    root = jnp.sqrt(drawn.variance / width)
    return Population(root, coefficient(drawn.variance, drawn.covariance), drawn.residual)


@partial(jax.jit, static_argnames=("shape", "together"))
def _runs(keys, populations, settings, counts, shape, together):
    """Test and train loss (S, n), and what they are at the start (S,)."""

    def run(seed):
        key, population = seed
        first, data, order = jax.random.split(key, 3)
        training_set = None
        if shape.samples is not None:
            whole = shape.batch is None
            training_set = draw_training_set(data, population, settings.label_noise, shape.samples, reduced=whole)
        draw, gradient_of = _batches(order, population, training_set, settings, shape)
        network = start(first, population.root.size, shape.units, shape.layers)

        def losses(network):
            predictor = signals(network)[0]
            train = jnp.asarray(jnp.nan) if training_set is None else training_set.loss(predictor)
            return population.loss(predictor), train

        def advance(state, until):
            done, network = state
            network = _advanced(network, done, until, draw, gradient_of, settings)
            return (until, network), losses(network)

        return *jax.lax.scan(advance, (jnp.zeros_like(counts[0]), network), counts)[1], *losses(network)

    return jax.lax.map(run, (keys, populations), batch_size=together)


def _advanced(network, done, until, draw, gradient_of, settings):
    """``network`` after the steps of numbers ``done`` to ``until`` - 1.

    What several steps draw is drawn ahead of them: drawn in its own step, a normal is drawn anew for each row of a
    layer's change, as the compiler has it, which is 6 times slower.
    """

    def block(place, network):
        first = place * DRAWN_AT_ONCE
        drawn = jax.vmap(draw)(first + jnp.arange(DRAWN_AT_ONCE))

        def one(number, network):
            gradient = partial(gradient_of, jax.tree.map(lambda part: part[number - first], drawn))
            return step(network, gradient, settings.learning_rate, settings.richness)

        return jax.lax.fori_loop(jnp.maximum(done, first), jnp.minimum(until, first + DRAWN_AT_ONCE), one, network)

    return jax.lax.fori_loop(done // DRAWN_AT_ONCE, -(-until // DRAWN_AT_ONCE), block, network)


def _batches(key, population, training_set, settings, shape):
    """(draw, gradient_of): what a step of a given number draws, and the gradient (F,) from it and the predictor."""
    whole = population if training_set is None else training_set
    if not (shape.fresh or shape.batch):
        return lambda number: (), lambda drawn, predictor: whole.gradient(predictor)  # noqa: ARG005
    if shape.fresh:
        draw = partial(draw_fresh, features=population.root.size, batch=settings.batch)
        gradient_of = partial(fresh_gradient, population, settings.label_noise, settings.batch)
    else:
        draw = partial(draw_distinct, samples=shape.samples, batch=shape.batch)
        gradient_of = training_set.gradient_of
    return lambda number: draw(jax.random.fold_in(key, number)), gradient_of


def _together(shape, features, runs):
    """Runs to work on at once: one on a CPU, where a batch buys no speed; on an accelerator as many as fit."""
    if jax.default_backend() == "cpu":
        return None
    units = shape.units or features
    numbers = shape.layers * units * max(units, features) + (shape.samples or 0) * (features + 1)
    return int(np.clip(TOGETHER_BYTES // (3 * 8 * (numbers + features)), 1, runs))


def _marked(test, train, first_test, first_train, label_noise):
    """Losses (S, n), NaN from where the loss on samples has diverged from that at the start (S,)."""
    endless = np.isnan(first_train)[:, None]
    seen = np.where(endless, test + label_noise**2, train)
    seen_first = np.where(endless, first_test[:, None] + label_noise**2, first_train[:, None])
    diverged = np.maximum.accumulate(~((seen <= DIVERGED * seen_first) & np.isfinite(test)), axis=1)
    return np.where(diverged, np.nan, test), np.where(diverged, np.nan, train)


def _check(spectrum, samples, label_noise, batch):
    if np.any(np.asarray(spectrum.multiplicity) != 1):
        raise ValueError("a simulation takes one mode a group, not a binned spectrum")
    if samples and batch and batch > samples:
        raise ValueError(f"{samples} samples have no {batch} distinct ones")
    if not label_noise >= 0:
        raise ValueError(f"label_noise is at least 0, not {label_noise}")


def _whole(counts):
    counts = np.asarray(counts, float)
    if not (np.all(counts >= 0) and np.all(counts == np.rint(counts)) and np.all(np.diff(counts) > 0)):
        raise ValueError("counts are whole numbers of steps, increasing and not negative")
    return jnp.asarray(counts.astype(np.int64))
