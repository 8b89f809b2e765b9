"""Losses on Talbot's contour: 24 nodes for each time, however late (theory/dynamical_model.md 2.5 i and iii).

One time of one curve is a row. Rows go in chunks of one shape, and width, samples, label noise, time, spectrum and step
size are all arguments: each code path compiles once for all spectra of up to 1024 groups, and once more for each
doubling.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.kappa import redo_failed, solve_kappa
from scalefront.models.random_features.theory.pole_sums import groups, pole_sums
from scalefront.models.random_features.theory.transforms import transform
from scalefront.models.random_features.theory.two_point import one_point, pairs, two_point
from scalefront.numerics import jax, jnp

ROWS = 64
NODES = 24
# rounding of a contour sum, relative to the sum of the magnitudes of its terms
ROUNDING = 1e-13


class Shares(NamedTuple):
    """Weights (n,) of C, C^A, C^D and C^AD in the test loss of ensembles (theory 2.6)."""

    both_shared: np.ndarray
    other_projection: np.ndarray
    other_data: np.ndarray
    other_both: np.ndarray


class Rows(NamedTuple):
    """Losses of rows (n,): test, train, the worst residual of kappa on their nodes, whether they can be trusted."""

    test_loss: np.ndarray
    train_loss: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def shares(ensemble, bags):
    """Shares of E projections and Q training sets, all crossed; inf allowed."""
    alone, bag = 1 / np.asarray(ensemble, float), 1 / np.asarray(bags, float)
    return Shares(alone * bag, bag * (1 - alone), alone * (1 - bag), (1 - alone) * (1 - bag))


def late_rows(spectrum, neck, label_noise, weights, counts, method):
    """Rows of a Bottleneck of n rows, label_noise (n,), Shares (n,) at counts (n,): times, or steps.

    Where samples are infinite and the student stands alone, a single integral does.
    """
    alone = np.all(weights.both_shared == 1)
    single = alone and np.all(neck.inverse_samples == 0) and method.optimizer in ("gradient_flow", "gradient_descent")
    integral = partial(_single if single else _double, optimizer=method.optimizer)
    integral = integral if single else partial(integral, alone=bool(alone))
    return in_chunks(partial(integral, settings=method.settings), spectrum, (neck, label_noise, weights, counts))


def in_chunks(integral, spectrum, columns):
    """Rows of ``integral(groups, *columns, rotations=...)`` in chunks of one shape; the last is filled up with copies.

    ``columns`` are arrays (n,) or tuples of them; what fails on a node is done again with more rotations.
    """
    padded, size = groups(spectrum), len(columns[-1])
    done = []
    for first in range(0, size, ROWS):
        rows = np.minimum(np.arange(first, first + ROWS), size - 1)
        part = jax.tree.map(lambda column: column[rows], columns)  # noqa: B023
        done.append(redo_failed(lambda rotations: integral(padded, *part, rotations=rotations)))  # noqa: B023
    return Rows(*(np.concatenate(column)[:size] for column in zip(*done, strict=True)))


@partial(jax.jit, static_argnames=("optimizer", "alone"))
def _double(spectrum, neck, label_noise, weights, counts, rotations, settings, optimizer, alone):
    """L = sum_ij c_i c_j C(z_i, z_j) with the C of an ensemble, and the same of C1 for the train loss (theory 2.5)."""
    solved, weight = _on_contour(spectrum, neck, counts, settings, rotations, optimizer)
    test, train = kernels(two_point(*pairs(one_point(spectrum, neck, solved)), neck, label_noise), weights, alone)
    product = weight[:, None] * jnp.concatenate([weight, jnp.conj(weight)])[None]
    test, test_sound = sum_upper(product * test, (0, 1))
    train, train_sound = sum_upper(product * train, (0, 1))
    return Rows(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)


def kernels(correlation, weights, alone):
    """Kernels of test and train loss of an ensemble, from a TwoPoint (h, g, n) and Shares (n,)."""
    if alone:
        return correlation.c0, correlation.c1
    shared, projection, data, both = (column[None, None, :].astype(complex) for column in weights)
    test = shared * correlation.c0 + projection * correlation.other_projection
    test = test + data * correlation.other_data + both * correlation.other_both
    return test, shared * correlation.c1 + projection * correlation.c1_other_projection


@partial(jax.jit, static_argnames=("optimizer",))
def _single(spectrum, neck, label_noise, _weights, counts, rotations, settings, optimizer):
    """Rows of infinite samples: L(t) = sum_k T_k H_k(2t), one integral of kappa tau/z (theory 2.5).

    A constant in tau kappa/z integrates to zero. Where tau(kappa) is nearly constant (source > 1, late times) it would
    drown the rest in rounding, and is taken out: kappa tau - z tau0 = kappa (tau - tau0) + tau0 kappa df1/N.
    """
    solved, weight = _on_contour(spectrum, neck, 2 * counts, settings, rotations, optimizer)
    point = one_point(spectrum, neck, solved)
    (tau0,) = pole_sums(spectrum, neck.kappa0, lambda _, task: (task,), lambda *_: ())
    constant = jnp.abs(point.tau_lost).sum(0) < jnp.abs(point.tau).sum(0)
    drift = (tau0 * neck.inverse_width)[None, :].astype(complex) * point.df1 - point.tau_lost
    kernel = solved.kappa * jnp.where(constant[None, :], drift, point.tau)
    test, sound = sum_upper(weight * kernel, 0)
    return Rows(test, test + label_noise**2, solved.residual.max(0), solved.converged.all(0) & sound)


def _on_contour(spectrum, neck, counts, settings, rotations, optimizer):
    """Kappa on the nodes z(x) (h, n), x = node/t, of each time t, and the weights c g/z, like them."""
    contour = talbot(NODES)
    node, weight = (jnp.asarray(column)[:, None] / counts[None, :].astype(complex) for column in contour)
    z, factor = transform(optimizer, settings, node)
    return solve_kappa(spectrum, neck, z, rotations), weight * factor / z


def sum_upper(terms, axes):
    """2 Re of a sum over the upper half plane, raised to 0 where rounding made it negative; and whether it did so."""
    total, rounding = 2 * terms.sum(axes).real, ROUNDING * jnp.abs(terms).sum(axes)
    return jnp.maximum(total, 0.0), total >= -rounding
