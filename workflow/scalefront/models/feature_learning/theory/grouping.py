"""Few groups of modes for solvers whose work grows with their number (theory/feature_learning.md 2.6)."""

import numpy as np

from scalefront.spectra import Spectrum, power_law

EXACT_MODES = 16
NODES_PER_EIGENVALUE_DECADE = 4
RESOLVED_EIGENVALUE = 1e-12  # below it a mode acts through sums of powers alone, at the times that are solved
PANELS_PER_DECADE, NODES_PER_PANEL = 0.5, 5


def grouped(capacity, source, modes):
    """Power-law spectrum lambda_k = k^-capacity, T_k = k^-(capacity source + 1) in 45 to 70 groups at M = 1e8.

    The first 16 modes stand alone. The others down to lambda = 1e-12 are one Gauss-Legendre panel in log k with 4 nodes
    a decade of the eigenvalue, the rest panels of 5 nodes over two decades of k. Relative errors of the loss: 1e-4 for
    source <= 0.5; for steeper tasks at infinite width 5e-4 (source <= 1.75) to 2e-3 (capacity = source = 3), less at
    finite width. The spec's 181 blocks have 1e-4 at capacity 1.5, source 0.5. Spectra of up to 64 modes are exact.

    Parameters
    ----------
    capacity : exponent alpha > 1 of the eigenvalues
    source : exponent beta > 0 of the task
    modes : number of modes M >= 1
    """
    if modes <= 4 * EXACT_MODES:
        return power_law(capacity, source, modes, exact=modes)
    low, high = np.log(EXACT_MODES + 0.5), np.log(modes + 0.5)
    middle = min(high, -np.log(RESOLVED_EIGENVALUE) / capacity)
    index, multiplicity = [np.arange(1.0, EXACT_MODES + 1)], [np.ones(EXACT_MODES)]
    if middle > low:
        nodes = int(np.ceil(NODES_PER_EIGENVALUE_DECADE * capacity * (middle - low) / np.log(10)))
        # four nodes at least: a short panel still has to count its modes
        _append(index, multiplicity, low, middle, 1, max(nodes, 4))
        low = middle
    if high > low:
        panels = int(np.ceil(PANELS_PER_DECADE * (high - low) / np.log(10)))
        _append(index, multiplicity, low, high, panels, NODES_PER_PANEL)
    index, multiplicity = np.concatenate(index), np.concatenate(multiplicity)
    return Spectrum(index**-capacity, index ** -(capacity * source + 1), multiplicity, float(modes))


def _append(index, multiplicity, low, high, panels, nodes):
    """Append the nodes k_j and weights of ``panels`` Gauss-Legendre panels in log k over [low, high]."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    edge = np.linspace(low, high, panels + 1)
    half = np.diff(edge)[:, None] / 2
    position = np.exp(edge[:-1, None] + half * (node + 1)).ravel()
    index.append(position)
    multiplicity.append((half * weight).ravel() * position)
