"""The DMFT order parameters themselves on a grid of times (theory/dynamical_model.md 2.1 to 2.5).

Transfer functions H_k(t), responses R1, R3, R02, R24 and correlations C0 .. C3(t, s) are single and double contour
integrals of the same nodes: every late time has a Talbot contour of its own, early steps share an ellipse.
"""

from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.models.random_features.filters import GRADIENT_FLOW, kicked, remaining
from scalefront.models.random_features.theory.contours import ellipse, talbot
from scalefront.models.random_features.theory.early_steps import FARTHEST
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.kappa import kappa
from scalefront.models.random_features.theory.pole_sums import groups
from scalefront.models.random_features.theory.transforms import earliest, reached, transform
from scalefront.models.random_features.theory.two_point import one_point, two_point
from scalefront.numerics import jax, jnp

NODES = 28
AT_ONCE = 96  # nodes whose pairs with all others are held in memory at once
CORRELATIONS = ("c0", "c1", "c2", "c3")


class OrderParameters(NamedTuple):
    """Order parameters of one problem at T times.

    Attributes
    ----------
    transfer : (T, K) H_k(t) = <v0_k(t)>/w*_k of the modes asked for; K = number of indices
    r1, r3 : (T,) responses of v1 to u1 and of v3 to u3 at lag t, without their unit response at lag 0
    r02, r24 : (T,) responses of v0 to u2 and of v2 to u4 at lag t, summed over modes
    c0, c1, c2, c3 : (T, T) correlations of v0, v1, v2 and v3 at two times; c1 holds the label noise
    converged : every node within the bound of kappa's solver; all is NaN where too many steps oscillate to be resolved
    """

    transfer: np.ndarray
    r1: np.ndarray
    r3: np.ndarray
    r02: np.ndarray
    r24: np.ndarray
    c0: np.ndarray
    c1: np.ndarray
    c2: np.ndarray
    c3: np.ndarray
    converged: bool


class _Nodes(NamedTuple):
    """All nodes (n,) in the upper half plane, and the weights (T, n) of two-point factors and of responses."""

    z: np.ndarray
    state: np.ndarray
    response: np.ndarray


def order_parameters(spectrum, width, samples, label_noise, time, index, method=GRADIENT_FLOW):
    """OrderParameters of one problem.

    Parameters
    ----------
    spectrum : Spectrum
    width, samples, label_noise : scalars; inf allowed for the first two
    time : (T,) finite times > 0, or whole steps >= 1 of a method that takes them; a lag in steps is that of one force
        per step, so that responses carry the step size
    index : (K,) ranks of modes, from 1; the eigenvalue of a binned mode is that of its power law
    method : Method, any but sgd

    Raises
    ------
    ValueError : a time that is not positive and finite.
    """
    time = np.asarray(time, float)
    if not np.all((time > 0) & np.isfinite(time)):
        raise ValueError("order parameters are those of positive, finite times")
    nodes = _nodes(spectrum, width, samples, time, method)
    if nodes is None:
        line, square = np.full(len(time), np.nan), np.full((len(time), len(time)), np.nan)
        return OrderParameters(np.full((len(time), len(index)), np.nan), *[line] * 4, *[square] * 4, converged=False)
    many = np.ones(len(nodes.z))
    solved = kappa(spectrum, width * many, samples * many, nodes.z[:, None])
    neck = bottleneck(spectrum, [width], [samples])
    points = _one_point(groups(spectrum), neck, solved)
    at = solved.kappa[:, 0]
    modes = at[:, None] / (at[:, None] + eigenvalue_of(spectrum, index))
    df1, r1, r3 = (np.asarray(column)[:, 0] for column in (points.df1, points.r1, points.r3))
    kernels = {"r1": -df1 / samples, "r3": -df1 / width, "r02": -df1 / r1, "r24": -df1 / r3}
    responses = {name: 2 * (nodes.response @ kernel).real for name, kernel in kernels.items()}
    transfer = 2 * (nodes.state @ modes).real
    correlations = _correlations(points, neck, label_noise, nodes.state)
    return OrderParameters(transfer, **responses, **correlations, converged=bool(solved.converged.all()))


def eigenvalue_of(spectrum, index):
    """Eigenvalues (K,) of the modes of rank ``index`` (K,), in log-log between the groups of a binned spectrum.

    Raises ValueError for a rank that is none of 1 .. modes.
    """
    if not all(1 <= rank <= spectrum.modes for rank in index):
        raise ValueError(f"ranks of modes lie in 1 .. {spectrum.modes:g}")
    rank = np.cumsum(spectrum.multiplicity) - (spectrum.multiplicity - 1) / 2
    if len(rank) == 1:
        return np.full(len(index), spectrum.eigenvalue[0])
    return np.exp(np.interp(np.log(index), np.log(rank), np.log(spectrum.eigenvalue)))


def _nodes(spectrum, width, samples, time, method):
    slowest = largest_rate(spectrum, width, samples)
    late = time >= earliest(method, slowest)
    if (reached(method, time[~late]) * slowest > FARTHEST).any():
        return None
    blocks = [_late(t, method) for t in time[late]]
    columns = [np.flatnonzero(late)[[number]] for number in range(len(blocks))]
    if not late.all():
        blocks.append(_early(time[~late], method, slowest))
        columns.append(np.flatnonzero(~late))
    z = np.concatenate([block.z for block in blocks])
    state, response = np.zeros((2, len(time), len(z)), complex)
    start = 0
    for block, rows in zip(blocks, columns, strict=True):
        place = np.ix_(rows, np.arange(start, start + len(block.z)))
        state[place], response[place] = block.state, block.response
        start += len(block.z)
    return _Nodes(z, state, response)


def _late(time, method):
    contour = talbot(NODES)
    z, factor = map(np.asarray, transform(method.optimizer, method.settings, jnp.asarray(contour.node / time)))
    weight = contour.weight / time
    return _Nodes(z, (weight * factor / z)[None], weight[None])


def _early(counts, method, slowest):
    contour = ellipse(slowest, max(float(reached(method, counts.max())), 1e-3 / slowest))
    arguments = method.optimizer, method.settings, -contour.node[None, :], counts[:, None]
    state, response = np.asarray(remaining(*arguments)), np.asarray(kicked(*arguments))
    return _Nodes(contour.node, state * contour.weight / contour.node, response * contour.weight)


_one_point = jax.jit(one_point)


def _correlations(points, neck, label_noise, weights):
    """Name -> (T, T): 2 Re sum over pairs of all nodes with all nodes and their conjugates."""
    count = len(points.kappa)
    pad = -count % AT_ONCE
    # copies of the last node carry no weight; they fill the last chunk, so that one shape is compiled
    points = jax.tree.map(lambda column: jnp.pad(column, ((0, pad), (0, 0)), mode="edge"), points)
    weights = np.pad(weights, ((0, 0), (0, pad)))
    both = np.concatenate([weights, weights.conj()], axis=1)
    noise = np.array([float(label_noise)])
    found = {name: np.zeros((len(weights), len(weights))) for name in CORRELATIONS}
    for first in range(0, count, AT_ONCE):
        kernels = _rows_of_pairs(points, first, neck, noise)
        for name, kernel in zip(CORRELATIONS, kernels, strict=True):
            found[name] += 2 * (weights[:, first : first + AT_ONCE] @ np.asarray(kernel) @ both.T).real
    return {name: (value + value.T) / 2 for name, value in found.items()}


@jax.jit
def _rows_of_pairs(points, first, neck, label_noise):
    """C0 .. C3 of AT_ONCE nodes from ``first`` on with all nodes and their conjugates: (AT_ONCE, 2n) each."""
    count = points.kappa.shape[0]
    x = jax.tree.map(lambda column: jax.lax.dynamic_slice_in_dim(column, first, AT_ONCE)[:, None], points)
    y = jax.tree.map(lambda column: jnp.concatenate([column, jnp.conj(column)])[None], points)
    own = (first + jnp.arange(AT_ONCE))[:, None, None] == jnp.arange(2 * count)[None, :, None]
    # copies that fill the last chunk equal one another
    same = own | (x.excess == y.excess)
    found = two_point(x, y, same, neck, label_noise)
    return tuple(getattr(found, name)[:, :, 0] for name in CORRELATIONS)
