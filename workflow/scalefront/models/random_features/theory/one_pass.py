"""Mean loss of one-pass sgd: the Volterra equation of its noise, solved in closed form by a generating function.

With F(n) = sum_k T_k [q^n]_kk, K(n) = sum u^2 q(u)^n and fresh samples at every step the loss obeys

    L(n) = F(n) + (eta^2/B) sum_{m<n} K(n-1-m) [L(m) + sigma^2]

(theory/dynamical_model.md 2.6), so that with the generating functions over Z (``generating``) divided by Z, marked ~,

    L~ = [F~ + (eta^2/B) K~ sigma^2/(Z - 1)] / (1 - (eta^2/B) K~):

one contour integral a time, at any number of steps. The direct sum over steps is the test.
"""

from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.late_losses import late_losses
from scalefront.models.random_features.theory import generating
from scalefront.models.random_features.theory.edge import noise_gain
from scalefront.models.random_features.theory.generating import Walk
from scalefront.models.random_features.theory.late_times import Rows, in_chunks, sum_upper
from scalefront.models.random_features.theory.pole_sums import pole_sums
from scalefront.models.random_features.theory.two_point import one_point
from scalefront.numerics import jax, jnp


class SgdCurves(NamedTuple):
    """Mean losses of n problems after T numbers of steps; all of shape (n, T).

    Attributes
    ----------
    test_loss : population loss without the label noise; +inf at and past the stability limit
    train_loss : of one-pass sgd test_loss + label_noise^2, the loss on a fresh batch before its step
    residual : worst relative residual of kappa(z) on the nodes of that time; 0 where a closed form is used
    converged : as of LossCurves
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def one_pass_curves(spectrum, width, label_noise, learning_rate, batch, steps):
    """Mean loss of one-pass sgd from zero weights, for n problems after T numbers of steps.

    Parameters
    ----------
    spectrum : Spectrum
    width : (n,) >= 1, inf allowed
    label_noise, learning_rate : (n,) >= 0, > 0
    batch : (n,) fresh samples a step, >= 1
    steps : (T,) whole numbers >= 0, inf allowed

    The mean is over projection and samples, to leading order in 1/width; at infinite width it is exact. It is solved to
    1e-11 relative, but not below rounding, 1e-15 of the start, where nothing stops the loss. Source:
    theory/dynamical_model.md 2.6, arXiv:2402.01092 section on SGD.
    """
    columns = np.broadcast_arrays(*(np.asarray(c, float) for c in (width, label_noise, learning_rate, batch)))
    width, label_noise, learning_rate, batch = columns
    steps = np.asarray(steps, float)
    test, residual = np.full((2, len(width), len(steps)), np.inf)
    residual[:], converged = 0.0, np.ones(test.shape, bool)
    gain = np.array([noise_gain(spectrum, n, np.inf, eta, b) for n, _, eta, b in zip(*columns, strict=True)])
    limit = late_losses(spectrum, width, np.full(len(width), np.inf), np.zeros(len(width))).test_loss
    stable = gain < 1
    for chosen, rows_at in ((generating.few(steps), _first_rows), (generating.many(steps), _later_rows)):
        if chosen.any() and stable.any():
            problems = spectrum, *(column[stable] for column in columns)
            for column, values in zip((test, residual, converged), rows_at(*problems, steps[chosen]), strict=True):
                column[np.ix_(stable, chosen)] = values
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (limit + label_noise**2 * gain) / (1 - gain)
    test[:, np.isinf(steps)] = np.where(stable, rest, np.inf)[:, None]
    test[:, steps == 0] = spectrum.initial_loss
    return SgdCurves(test, test + label_noise[:, None] ** 2, residual, converged)


def _first_rows(spectrum, width, label_noise, learning_rate, batch, steps):
    """Test loss, residual and soundness, each (n, T), of the first few steps: all of them from one circle."""
    excess = generating.circle() - 1
    place = np.repeat(np.arange(len(width)), len(excess))
    columns = _columns(spectrum, place, width, label_noise, learning_rate, batch)
    found = in_chunks(_one_node, spectrum, (*columns, np.tile(excess, len(width))))
    values, residual, sound = (
        column.reshape(len(width), -1) for column in (found.test_loss, found.residual, found.converged)
    )
    losses = np.maximum(generating.first_coefficients(values, steps), 0.0)
    return losses, *(np.tile(column[:, None], len(steps)) for column in (residual.max(1), sound.all(1)))


def _later_rows(spectrum, width, label_noise, learning_rate, batch, steps):
    """The same of many steps, each from a contour of its own."""
    place = np.repeat(np.arange(len(width)), len(steps))
    columns = _columns(spectrum, place, width, label_noise, learning_rate, batch)
    found = in_chunks(_many, spectrum, (*columns, np.tile(steps, len(width))))
    return (column.reshape(len(width), -1) for column in (found.test_loss, found.residual, found.converged))


def _columns(spectrum, place, width, label_noise, learning_rate, batch):
    neck = bottleneck(spectrum, width[place], np.full(len(place), np.inf))
    return neck, Walk(learning_rate[place], 1 / batch[place]), label_noise[place]


@jax.jit
def _one_node(spectrum, neck, walk, label_noise, excess, rotations):
    """Rows whose test loss is L~, complex, at one node each."""
    value, solved = _kernel(spectrum, neck, walk, label_noise, excess[None], rotations)
    return Rows(value[0], value[0], solved.residual.max(0), solved.converged.all(0))


@jax.jit
def _many(spectrum, neck, walk, label_noise, steps, rotations):
    excess, weight = generating.late_contour(steps)
    value, solved = _kernel(spectrum, neck, walk, label_noise, excess, rotations)
    loss, sound = sum_upper(weight * value, 0)
    return Rows(loss, loss + label_noise**2, solved.residual.max(0), solved.converged.all(0) & sound)


def _kernel(spectrum, neck, walk, label_noise, excess, rotations):
    """L~ (h, n) on nodes Z = 1 + excess, and the Kappa behind it.

    A constant in kappa tau/z drops out of the difference of the two roots; where tau is nearly constant it is taken out
    before, as it would drown the rest in rounding (as in ``late_times``).
    """
    solved, z, slope = generating.at_roots(spectrum, neck, walk, excess, rotations)
    point = one_point(spectrum, neck, solved)
    (tau0,) = pole_sums(spectrum, neck.kappa0, lambda _, task: (task,), lambda *_: ())
    constant = jnp.abs(point.tau_lost).sum(0) < jnp.abs(point.tau).sum(0)
    drift = (tau0 * neck.inverse_width)[None, :].astype(complex) * point.df1 - point.tau_lost
    signal = generating.difference(solved.kappa / z * jnp.where(constant[None, :], drift, point.tau), slope)
    strength = (walk.learning_rate**2 * walk.noise)[None, :].astype(complex)
    fed_back = strength * generating.difference(-z * point.df1, slope)
    noise = (label_noise**2)[None, :].astype(complex)
    return (signal + fed_back * noise / excess) / (1 - fed_back), solved


def mean_given_projection(rate, coefficient, unexplained, label_noise, learning_rate, batch, steps):
    """Exact mean test loss of one-pass sgd over its samples, for given projections: no mean field, no sampling.

    y_i <- [(1 - eta k_i)^2 + eta^2 k_i^2/B] y_i + (eta^2/B) k_i^2 (sum_j y_j + s^2 + sigma^2), y_i(0) = b_i^2 and
    L = sum y + s^2, in O(N) a step (theory/dynamical_model.md 2.6, derived there).

    Parameters
    ----------
    rate, coefficient : (..., N) eigenvalues k of the features' covariance and target b in their eigenbasis
    unexplained : (...) power s^2 of the target beyond the features
    label_noise, learning_rate, batch : scalars
    steps : (T,) whole numbers, ascending

    Returns
    -------
    (..., T) losses
    """
    shrink = (1 - learning_rate * rate) ** 2 + (learning_rate * rate) ** 2 / batch
    kick = (learning_rate * rate) ** 2 / batch
    power, found, done = coefficient**2, [], 0
    for wanted in steps:
        for _ in range(int(wanted) - done):
            power = shrink * power + kick * (power.sum(-1) + unexplained + label_noise**2)[..., None]
        done = int(wanted)
        found.append(power.sum(-1) + unexplained)
    return np.stack(found, axis=-1)
