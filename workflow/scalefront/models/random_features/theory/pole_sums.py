"""Sums over modes with poles at kappa = -lambda_k: the one loop in which the theory spends its time."""

from typing import NamedTuple

import numpy as np

from scalefront.numerics import jax, jnp

SMALLEST_SHAPE = 1024


class Groups(NamedTuple):
    """A spectrum as the compiled loops take it: padded to a power of two, so that few shapes are ever compiled.

    Attributes
    ----------
    eigenvalue, task_power, multiplicity : (S,) padded with 1, 0, 0
    count : () number of real groups; loops over groups end there, so that padding costs nothing
    """

    eigenvalue: np.ndarray
    task_power: np.ndarray
    multiplicity: np.ndarray
    count: np.ndarray


def groups(spectrum):
    """Groups of a Spectrum, padded to the next power of two, at least 1024."""
    count = len(spectrum.eigenvalue)
    pad = (0, max(SMALLEST_SHAPE, 1 << (count - 1).bit_length()) - count)
    return Groups(
        np.pad(np.asarray(spectrum.eigenvalue, float), pad, constant_values=1.0),
        np.pad(np.asarray(spectrum.task_power, float), pad),
        np.pad(np.asarray(spectrum.multiplicity, float), pad),
        np.asarray(count),
    )


def pole_sums(spectrum, kappa, simple, double):
    """Sums over modes of w/(kappa + lambda) for w in ``simple`` and of w/(kappa + lambda)^2 for w in ``double``.

    Parameters
    ----------
    spectrum : Groups
    kappa : real or complex, any shape
    simple, double : functions of (eigenvalue, task_power) of one group to a tuple of weights, each a scalar or an
        array of kappa's rank

    Returns a list of arrays like kappa, those of ``simple`` first. Complex numbers go through the loop as pairs of
    real ones, so that it runs in vector registers along kappa's last axis.
    """
    columns = [jnp.asarray(column) for column in spectrum[:3]]
    parts = 2 if jnp.iscomplexobj(kappa) else 1

    def powers(eigenvalue):
        shifted = kappa.real + eigenvalue
        if parts == 1:
            return (1 / shifted,), (1 / (shifted * shifted),)
        scale = 1 / (shifted * shifted + kappa.imag * kappa.imag)
        real, imag = shifted * scale, -kappa.imag * scale
        return (real, imag), (real * real - imag * imag, 2 * real * imag)

    def add(index, totals):
        eigenvalue, task_power, multiplicity = (column[index] for column in columns)
        first, second = powers(eigenvalue)
        weighted = [(w, first) for w in simple(eigenvalue, task_power)]
        weighted += [(w, second) for w in double(eigenvalue, task_power)]
        terms = [tuple(multiplicity * w * part for part in power) for w, power in weighted]
        return jax.tree.map(jnp.add, totals, terms)

    count = len(simple(1.0, 1.0)) + len(double(1.0, 1.0))
    zeros = [(jnp.zeros_like(kappa.real),) * parts] * count
    totals = jax.lax.fori_loop(0, spectrum.count, add, zeros)
    return [jax.lax.complex(*total) if parts == 2 else total[0] for total in totals]
