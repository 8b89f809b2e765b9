"""The scalar kappa(z), from which every order parameter of the random-feature model follows.

z = kappa (1 - df1(kappa)/N) (1 - df1(kappa)/P), df1(kappa) = sum_k lambda_k/(kappa + lambda_k)
(theory/dynamical_model.md 2.2 and 2.3). The unknown is the excess dlt = kappa - kappa0 over the root of
df1(kappa0) = rank, rank = min(N, P, M). With

    df1(kappa) = rank - dlt g(kappa),    g(kappa) = sum_k lambda_k/((kappa0 + lambda_k)(kappa + lambda_k)),

both factors are free of cancellation, 1 - df1/n = (n - rank)/n + dlt g/n, also where |z| << kappa0. Newton runs in
(log dlt, log z), where the slope is of order one everywhere.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from scalefront.bottlenecks import Bottleneck, bottleneck
from scalefront.models.random_features.theory.pole_sums import groups, pole_sums
from scalefront.numerics import jax, jnp

LARGEST_RESIDUAL = 1e-10
REAL_STEPS = 5
ROTATIONS = 3
MOST_ROTATIONS = 96


class Kappa(NamedTuple):
    """Solution of kappa(z); all of the shape of z.

    Attributes
    ----------
    kappa, excess : complex kappa and dlt = kappa - kappa0
    residual : |z(kappa) - z|/|z|
    converged : residual below 1e-10 and Im kappa of the sign of Im z
    """

    kappa: np.ndarray
    excess: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def kappa(spectrum, width, samples, z):
    """kappa(z) of a spectrum, off the negative real axis; where a node fails, the rotations are doubled up to 96.

    Parameters
    ----------
    spectrum : Spectrum
    width, samples : (n,) numbers >= 1, inf allowed
    z : (n, nodes) complex

    Returns Kappa of numpy arrays (n, nodes); nodes that never converge are marked.
    """
    columns = jnp.asarray(np.asarray(z, complex).T)
    solve = partial(_solve_compiled, groups(spectrum), bottleneck(spectrum, width, samples), columns)
    return Kappa(*(column.T for column in redo_failed(solve)))


def redo_failed(solve):
    """Kappa of ``solve(rotations)``, with the rotations doubled for the nodes that failed."""
    found = Kappa(*map(np.array, solve(ROTATIONS)))
    rotations = 2 * ROTATIONS
    while rotations <= MOST_ROTATIONS and not found.converged.all():
        failed, again = ~found.converged, solve(rotations)
        for column, other in zip(found, again, strict=True):
            column[failed] = np.asarray(other)[failed]
        rotations *= 2
    return found


def solve_kappa(spectrum, neck, z, rotations):
    """Kappa of z (nodes, n), traceable: solved at |z| on the real axis, then turned to the angle of z.

    ``spectrum`` are Groups and ``neck`` a Bottleneck of n rows; a lower-half-plane z is solved as its conjugate.
    """
    neck = Bottleneck(*(column[None, :] for column in neck))
    upper = jax.lax.complex(z.real, jnp.abs(z.imag))
    log_radius, angle = jnp.log(jnp.abs(upper)), jnp.angle(upper)

    def turn(step, start):
        # the distance to the cut shrinks by the same factor in every step: the closer, the smaller the steps
        part = jnp.minimum((step + 1.0) / rotations, 1.0)
        target = jax.lax.complex(log_radius, np.pi * (1 - (1 - angle / np.pi) ** part))
        return _newton(spectrum, neck, _newton(spectrum, neck, start, target), target)

    start = _solve_real(spectrum, neck, log_radius)
    start = jax.lax.complex(start, jnp.zeros_like(start))
    turned = jax.lax.fori_loop(0, rotations + 1, turn, start)
    # beside the cut two iterations may leave 1e-12, within the bound but above rounding: the last one is quadratic
    excess = jnp.exp(_newton(spectrum, neck, turned, jax.lax.complex(log_radius, angle)))
    residual = jnp.abs(_z_and_slope(spectrum, neck, excess)[0] / upper - 1)
    converged = (residual < LARGEST_RESIDUAL) & (excess.imag >= 0)
    excess = jnp.where(z.imag < 0, jnp.conj(excess), excess)
    return Kappa(neck.kappa0.astype(complex) + excess, excess, residual, converged)


_solve_compiled = jax.jit(solve_kappa)


def _solve_real(spectrum, neck, log_radius):
    """log of the excess at real z > 0: Newton in logs inside the bracket r <= dlt <= r + Tr Lambda (1/N + 1/P)."""
    trace = spectrum.multiplicity @ spectrum.eigenvalue
    high = jnp.log(jnp.exp(log_radius) + trace * (neck.inverse_width + neck.inverse_samples))

    def step(_, state):
        low, high, point = state
        z, slope = _z_and_slope(spectrum, neck, jnp.exp(point))
        miss = log_radius - jnp.log(z)
        low, high = jnp.where(miss > 0, point, low), jnp.where(miss > 0, high, point)
        newton = point + miss / slope
        return low, high, jnp.where((newton >= low) & (newton <= high), newton, (low + high) / 2)

    return jax.lax.fori_loop(0, REAL_STEPS, step, (log_radius, high, (log_radius + high) / 2))[2]


def _newton(spectrum, neck, log_excess, log_target):
    z, slope = _z_and_slope(spectrum, neck, jnp.exp(log_excess))
    return log_excess + (log_target - jnp.log(z)) / slope


def _z_and_slope(spectrum, neck, excess):
    """z and d log z/d log dlt at an excess, real or complex (theory/dynamical_model.md 2.3)."""
    neck = Bottleneck(*(column.astype(excess.dtype) for column in neck))
    kappa = neck.kappa0 + excess
    g, steepness = pole_sums(
        spectrum,
        kappa,
        lambda eigenvalue, _: (eigenvalue / (neck.kappa0.real + eigenvalue),),
        lambda eigenvalue, _: (eigenvalue,),
    )
    r3, r1 = neck.free_width + neck.inverse_width * excess * g, neck.free_samples + neck.inverse_samples * excess * g
    slope = excess * (1 / kappa + steepness * (neck.inverse_width / r3 + neck.inverse_samples / r1))
    return kappa * r1 * r3, slope
