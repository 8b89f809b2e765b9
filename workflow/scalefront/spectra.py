"""Spectra: eigenvalues of the features' covariance and the power of the task on each, exact or binned."""

from typing import NamedTuple

import numpy as np

EXACT_MODES = 300
PANELS_PER_DECADE = 12
NODES_PER_PANEL = 4


class Spectrum(NamedTuple):
    """Groups of modes; every sum over modes k is a sum over groups j with weight ``multiplicity``.

    Attributes
    ----------
    eigenvalue : (K,) lambda_j > 0, descending
    task_power : (K,) T_j = lambda_j w_j^2 >= 0, the power of one mode of the group
    multiplicity : (K,) number of modes in the group; 1 where the spectrum is exact, real-valued where it is binned
    modes : the true number M of modes, equal to the sum of the multiplicities
    """

    eigenvalue: np.ndarray
    task_power: np.ndarray
    multiplicity: np.ndarray
    modes: float

    @property
    def trace(self):
        """Sum of all eigenvalues."""
        return float(self.multiplicity @ self.eigenvalue)

    @property
    def initial_loss(self):
        """Loss of the student that predicts zero: the sum of all task powers."""
        return float(self.multiplicity @ self.task_power)


def power_law(capacity, source, modes, exact=EXACT_MODES):
    """Power-law spectrum lambda_k = k^-capacity, T_k = k^-(capacity source + 1), binned beyond ``exact`` modes.

    Modes up to ``exact`` stand alone; the rest is a Gauss-Legendre quadrature in log k over [exact + 1/2, M + 1/2]
    with at least 12 panels of 4 nodes a decade, so that M = 1e8 costs 570 groups (theory/dynamical_model.md 2.7).
    ``exact=modes`` gives every mode its own group.

    Parameters
    ----------
    capacity : exponent alpha > 1 of the eigenvalues
    source : exponent beta > 0 of the task, sum_{l>k} T_l ~ k^-(alpha beta)
    modes : number of modes M >= 1; may be 1e8 and beyond
    """
    index, multiplicity = mode_groups(modes, exact)
    return Spectrum(index**-capacity, index ** -(capacity * source + 1), multiplicity, float(modes))


def mode_groups(modes, exact=EXACT_MODES):
    """Positions k_j and multiplicities m_j with sum_{k<=M} f(k) = sum_j m_j f(k_j); both of shape (K,)."""
    head = int(min(modes, exact))
    index = np.arange(1.0, head + 1)
    if modes <= head:
        return index, np.ones(head)
    low, high = np.log(head + 0.5), np.log(modes + 0.5)
    panels = int(np.ceil(PANELS_PER_DECADE * (high - low) / np.log(10)))
    node, weight = np.polynomial.legendre.leggauss(NODES_PER_PANEL)
    edge = np.linspace(low, high, panels + 1)
    half = np.diff(edge)[:, None] / 2
    tail = np.exp(edge[:-1, None] + half * (node + 1)).ravel()
    return np.concatenate([index, tail]), np.concatenate([np.ones(head), (half * weight).ravel() * tail])


def white(modes):
    """White band-limited spectrum: lambda_k = 1 and T_k = 1/M for k <= M, one group, so that L(0) = 1.

    Its kernels are Wishart matrices and its losses integrals over the Marchenko-Pastur law
    (theory/dynamical_model.md 4, "White, band-limited").

    Parameters
    ----------
    modes : number of modes M >= 1
    """
    return Spectrum(np.ones(1), np.array([1 / modes]), np.array([float(modes)]), float(modes))


def from_columns(eigenvalue, task_power):
    """Spectrum of a list of eigenvalues (K,) and task powers (K,), sorted, each mode a group of its own."""
    order = np.argsort(eigenvalue)[::-1]
    eigenvalue = np.asarray(eigenvalue, float)[order]
    return Spectrum(eigenvalue, np.asarray(task_power, float)[order], np.ones(len(order)), float(len(order)))
