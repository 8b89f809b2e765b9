"""Correlations of pairs (z, z') in closed form, from sums over single nodes alone (theory/dynamical_model.md 2.4).

The sums over pairs are divided differences of sums over nodes,

    sum_k lambda_k/((kappa + lambda_k)(kappa' + lambda_k)) = df11 = (df1 - df1')/(kappa' - kappa)
    sum_k      T_k/((kappa + lambda_k)(kappa' + lambda_k)) = U    = (tau - tau')/(kappa' - kappa)

with tau = sum_k T_k/(kappa + lambda_k), so that a pair costs nothing next to its nodes. Inserted in 2.4 they give
1 - df2/N = R3 + kappa' df11/N, the same with P and R1, and D = (z - z')/(kappa - kappa'), all without cancellation.
"""

from typing import NamedTuple

from scalefront.models.random_features.theory.pole_sums import pole_sums
from scalefront.numerics import jax, jnp


class OnePoint(NamedTuple):
    """Sums at the nodes; all complex, of the shape of the nodes.

    Attributes
    ----------
    kappa, excess : kappa(z) and kappa - kappa0
    r1, r3 : 1 - df1/P and 1 - df1/N
    df1, tau : sum lambda/(kappa + lambda) and sum T/(kappa + lambda)
    df1_lost, tau_lost : their values at kappa0 less those at kappa, free of cancellation
    df1_slope, tau_slope : minus their derivatives
    """

    kappa: jax.Array
    excess: jax.Array
    r1: jax.Array
    r3: jax.Array
    df1: jax.Array
    tau: jax.Array
    df1_lost: jax.Array
    tau_lost: jax.Array
    df1_slope: jax.Array
    tau_slope: jax.Array


class TwoPoint(NamedTuple):
    """Correlations times z z'; all complex, of the shape of the pairs.

    Attributes
    ----------
    c0 : test error of two students that share projection and data
    c1 : train error, label noise included
    other_projection, other_data, other_both : test error of two students that differ in these (C^A, C^D, C^AD)
    c1_other_projection : train error of two students that differ in the projection
    c2, c3 : correlations of the gradient, before and after the projection
    """

    c0: jax.Array
    c1: jax.Array
    other_projection: jax.Array
    other_data: jax.Array
    other_both: jax.Array
    c1_other_projection: jax.Array
    c2: jax.Array
    c3: jax.Array


def one_point(spectrum, neck, solved):
    """OnePoint of a Kappa (nodes, n) of Groups and a Bottleneck of n rows."""
    kappa0 = neck.kappa0[None, :]
    df1, tau, g, u, df1_slope, tau_slope = pole_sums(
        spectrum,
        solved.kappa,
        lambda lam, task: (lam, task, lam / (kappa0 + lam), task / (kappa0 + lam)),
        lambda lam, task: (lam, task),
    )
    lost, tau_lost = solved.excess * g, solved.excess * u
    row = {name: column[None, :].astype(complex) for name, column in neck._asdict().items()}
    return OnePoint(
        kappa=solved.kappa,
        excess=solved.excess,
        r1=row["free_samples"] + row["inverse_samples"] * lost,
        r3=row["free_width"] + row["inverse_width"] * lost,
        df1=df1,
        tau=tau,
        df1_lost=lost,
        tau_lost=tau_lost,
        df1_slope=df1_slope,
        tau_slope=tau_slope,
    )


def pairs(upper):
    """All pairs of nodes (h, n) with them and their conjugates: x (h, 1, n), y (1, 2h, n), same (h, 2h, 1)."""
    both = jax.tree.map(lambda column: jnp.concatenate([column, jnp.conj(column)])[None], upper)
    nodes = upper.kappa.shape[0]
    return jax.tree.map(lambda column: column[:, None], upper), both, jnp.eye(nodes, 2 * nodes, dtype=bool)[:, :, None]


def two_point(x, y, same, neck, label_noise):
    """TwoPoint of the pairs of OnePoints x (h, 1, n) and y (1, g, n); ``same`` (h, g, 1) marks pairs of equal nodes."""
    noise, inverse_width, inverse_samples = (
        column[None, None, :].astype(complex) for column in (label_noise**2, neck.inverse_width, neck.inverse_samples)
    )
    df11, overlap = pair_sums(x, y, same)
    product = x.kappa * y.kappa
    df2 = x.df1 - y.kappa * df11
    free_width = x.r3 + y.kappa * df11 * inverse_width
    free_samples = x.r1 + y.kappa * df11 * inverse_samples
    determinant = x.r3 * y.r1 + df11 * (x.kappa * x.r3 * inverse_samples + y.kappa * y.r1 * inverse_width)
    signal = product * (x.r3 * overlap + df11 * x.tau * inverse_width)
    noisy = noise * inverse_samples * (free_width * df2 + product * df11**2 * inverse_width)
    c0 = (signal + noisy) / determinant
    bias = product * overlap
    other_projection = (bias + noise * inverse_samples * df2) / free_samples
    projected = (y.tau - x.kappa * overlap) / free_width
    c2 = x.r1 * y.r1 * product * (projected + inverse_samples * df11 * (c0 + noise) / free_width)
    return TwoPoint(
        c0=c0,
        c1=x.r1 * y.r1 * (c0 + noise),
        other_projection=other_projection,
        other_data=bias + product * df11 * inverse_width * projected,
        other_both=bias,
        c1_other_projection=x.r1 * y.r1 * (other_projection + noise),
        c2=c2,
        c3=x.r3 * y.r3 * c2,
    )


def pair_sums(x, y, same):
    """sum lambda/((kappa + lambda)(kappa' + lambda)) and the same with T in place of lambda, over pairs."""
    gap = jnp.where(same, 1, y.excess - x.excess)
    df11 = _smaller_difference(x.df1, y.df1, x.df1_lost, y.df1_lost) / gap
    overlap = _smaller_difference(x.tau, y.tau, x.tau_lost, y.tau_lost) / gap
    return jnp.where(same, x.df1_slope, df11), jnp.where(same, x.tau_slope, overlap)


def _smaller_difference(here, there, lost_here, lost_there):
    """here - there, or lost_there - lost_here: equal in exact arithmetic; the smaller numbers round less."""
    lost_is_smaller = jnp.abs(lost_here) + jnp.abs(lost_there) < jnp.abs(here) + jnp.abs(there)
    return jnp.where(lost_is_smaller, lost_there - lost_here, here - there)
