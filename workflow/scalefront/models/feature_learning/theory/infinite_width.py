"""Infinite width and infinite samples: no noise is left, and the flow is a closed equation of the modes."""

import numpy as np

from scalefront.models.feature_learning.flow import flow


def infinite_width(spectrum, time, richness, depth=1):
    """Test loss (T,) of gradient flow at infinite width, sum_k lambda_k v_k^2 (theory/feature_learning.md 2.4, 2.5).

    It is known to 1e-6 of itself where it is above 1e-12 of its start, and is NaN where that was not reached.

    Parameters
    ----------
    spectrum : Spectrum, groups of modes allowed
    time : (T,) times >= 0; inf, too
    richness : gamma >= 0; 0 is the lazy kernel
    depth : number L >= 1 of hidden matrices, which start as isometries

    Raises
    ------
    ValueError : a negative time or richness, or a depth below 1.
    """
    target = np.sqrt(spectrum.task_power / spectrum.eigenvalue)
    learning = flow(spectrum.eigenvalue, target, spectrum.multiplicity, time, richness, depth)
    test_loss = (spectrum.multiplicity * spectrum.eigenvalue * learning.remaining**2).sum(-1)
    return np.where(learning.converged, test_loss, np.nan)
