"""Test and train loss of gradient flow over time, by contour integrals over kappa(z) (theory/dynamical_model.md 2.5).

One time of one curve is a row. Rows go in chunks of one shape, and width, samples, label noise, time and spectrum are
all arguments: each code path compiles once for all spectra of up to 1024 groups, and once more for each doubling.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.kappa import bottleneck, redo_failed, solve_kappa
from scalefront.models.random_features.theory.limits import late_losses
from scalefront.models.random_features.theory.pole_sums import groups, pole_sums
from scalefront.models.random_features.theory.two_point import one_point, pairs, two_point
from scalefront.numerics import jax, jnp

ROWS = 64
NODES = 24
# rounding of a contour sum, relative to the sum of the magnitudes of its terms
ROUNDING = 1e-13
# a time (in units of 1/Tr Lambda) at which nothing has moved by one unit of rounding
EARLIEST = 1e-17


class LossCurves(NamedTuple):
    """Losses of n problems at T times; all of shape (n, T).

    Attributes
    ----------
    test_loss : population loss without the label noise
    train_loss : loss on the training set, label noise included; test_loss + label_noise^2 where samples are infinite
    residual : worst relative residual of kappa(z) on the nodes of that time; 0 where a closed form is used
    converged : every node within 1e-10 and on its sheet, and no loss below zero by more than rounding
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def loss_curves(spectrum, width, samples, label_noise, time):
    """Mean-field losses of gradient flow from zero weights, for n problems at T times.

    The test loss is good to 1e-11 relative at any time, width and number of samples; where source > 1 to 1e-9, where
    source > 2 to 1e-7, as there it falls far below the terms of its integral. A train loss that falls exponentially
    (samples < width) ends in rounding, below 1e-13 of its start; what comes out negative within that rounding is set
    to 0. At time = inf the closed limits are returned: +inf where width = samples < modes.

    Parameters
    ----------
    spectrum : Spectrum
    width, samples : (n,) numbers >= 1; inf allowed
    label_noise : (n,) standard deviations >= 0
    time : (T,) times >= 0, in units of 1/lambda_1 for lambda_1 = 1; 0 and inf allowed

    Source: arXiv:2402.01092, solved by theory/dynamical_model.md 2.3 to 2.5 and 4.
    """
    width, samples, label_noise, time = (np.asarray(column, float) for column in (width, samples, label_noise, time))
    curves = LossCurves(*(np.zeros((len(width), len(time))) for _ in range(3)), np.ones((len(width), len(time)), bool))
    noise = label_noise[:, None] ** 2
    early, late = time * spectrum.trace < EARLIEST, np.isinf(time)
    running = np.flatnonzero(~early & ~late)
    curves.test_loss[:, early] = spectrum.initial_loss
    curves.train_loss[:, early] = spectrum.initial_loss + noise
    limit = late_losses(spectrum, width, samples, label_noise)
    curves.test_loss[:, late], curves.train_loss[:, late] = limit.test_loss[:, None], limit.train_loss[:, None]

    free = np.isinf(samples) & np.isinf(width)
    curves.test_loss[np.ix_(free, running)] = _unbounded(spectrum, time[running])
    curves.train_loss[np.ix_(free, running)] = curves.test_loss[np.ix_(free, running)] + noise[free]
    for problems, integral in ((np.isinf(samples) & ~free, _single), (~np.isinf(samples), _double)):
        place = np.ix_(problems, running)
        shape = curves.test_loss[place].shape
        if 0 not in shape:
            rows = _by_rows(
                integral, spectrum, width[problems], samples[problems], label_noise[problems], time[running]
            )
            for column, values in zip(curves, rows, strict=True):
                column[place] = values.reshape(shape)
    return curves


def _unbounded(spectrum, time):
    """Loss (T,) of infinite width and samples: sum T e^(-2 lambda t)."""
    return (spectrum.multiplicity * spectrum.task_power * np.exp(-2 * np.outer(time, spectrum.eigenvalue))).sum(1)


def _by_rows(integral, spectrum, width, samples, label_noise, time):
    """LossCurves of flat rows (n T,), computed in chunks of ROWS; the last one is filled up with copies of a row."""
    neck = bottleneck(spectrum, width, samples)
    columns = [np.repeat(column, len(time)) for column in (*neck, label_noise)] + [np.tile(time, len(width))]
    padded, count = groups(spectrum), len(width) * len(time)
    done = []
    for first in range(0, count, ROWS):
        rows = np.minimum(np.arange(first, first + ROWS), count - 1)
        *part, noise, times = (column[rows] for column in columns)
        done.append(redo_failed(partial(integral, padded, type(neck)(*part), noise, times)))
    return LossCurves(*(np.concatenate(column)[:count] for column in zip(*done, strict=True)))


@jax.jit
def _double(spectrum, neck, label_noise, time, rotations):
    """Rows of finite samples: L = sum_ij c_i c_j C0(z_i, z_j), and C1 for the train loss (theory 2.5)."""
    solved, weight = _on_contour(spectrum, neck, time, rotations)
    correlation = two_point(*pairs(one_point(spectrum, neck, solved)), neck, label_noise)
    weights = weight[:, None, None] * jnp.concatenate([weight, jnp.conj(weight)])[None, :, None]
    test, test_sound = _sum_upper(weights * correlation.c0, (0, 1))
    train, train_sound = _sum_upper(weights * correlation.c1, (0, 1))
    return LossCurves(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)


@jax.jit
def _single(spectrum, neck, label_noise, time, rotations):
    """Rows of infinite samples: L(t) = sum_k T_k H_k(2t), one integral of kappa tau/z (theory 2.5).

    A constant in tau kappa/z integrates to zero. Where tau(kappa) is nearly constant (source > 1, late times) it would
    drown the rest in rounding, and is taken out: kappa tau - z tau0 = kappa (tau - tau0) + tau0 kappa df1/N.
    """
    solved, weight = _on_contour(spectrum, neck, 2 * time, rotations)
    point = one_point(spectrum, neck, solved)
    (tau0,) = pole_sums(spectrum, neck.kappa0, lambda _, task: (task,), lambda *_: ())
    constant = jnp.abs(point.tau_lost).sum(0) < jnp.abs(point.tau).sum(0)
    drift = (tau0 * neck.inverse_width)[None, :].astype(complex) * point.df1 - point.tau_lost
    kernel = solved.kappa * jnp.where(constant[None, :], drift, point.tau)
    test, sound = _sum_upper(weight[:, None] * kernel, 0)
    return LossCurves(test, test + label_noise**2, solved.residual.max(0), solved.converged.all(0) & sound)


def _on_contour(spectrum, neck, time, rotations):
    """Kappa on the nodes z = node/t (h, n) of each time, and weights c/z (h,), in which t drops out."""
    contour = talbot(NODES)
    node, weight = jnp.asarray(contour.node), jnp.asarray(contour.weight / contour.node)
    return solve_kappa(spectrum, neck, node[:, None] / time[None, :].astype(complex), rotations), weight


def _sum_upper(terms, axes):
    """2 Re of a sum over the upper half plane, raised to 0 where rounding made it negative; and whether it did so."""
    total, rounding = 2 * terms.sum(axes).real, ROUNDING * jnp.abs(terms).sum(axes)
    return jnp.maximum(total, 0.0), total > -rounding
