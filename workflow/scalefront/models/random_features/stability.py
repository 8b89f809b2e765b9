"""Step sizes that a study may not ask for: the stability limits of the mean-field theory, a small solve each."""

from decimal import ROUND_FLOOR, Context
from functools import lru_cache

import numpy as np

from scalefront.models.random_features.parameters import stepped
from scalefront.models.random_features.theory.edge import WIDEST, batch_size, largest_learning_rate
from scalefront.spectra import power_law, white

SOME_GAPS = 126
_FOUR_DIGITS = Context(prec=4, rounding=ROUND_FLOOR)  # rounded down, so that what is below it is allowed


def check(point, _kind, _stop=0.0, spectrum=None):
    """Yield (word, what is allowed) where the step size of ``point`` is at or past its stability limit.

    Single draws scatter about the limit of the theory: those beyond their own are rows with status diverged.

    Parameters
    ----------
    point : word -> value
    _kind : "simulation" or "theory", which have the same limit
    _stop : last finite time of its curve, on which it does not depend
    spectrum : the measured Spectrum of the study; None for one that a formula gives
    """
    if not stepped(point):
        return
    sizes = point["width"], point["samples"], point["momentum"] or 0.0, point["batch"]
    if spectrum is None:
        spectrum = _formula(point["capacity"], point["source"], point["modes"])
    if point["learning_rate"] < _surely_stable(spectrum, *sizes):
        return
    limit = largest_learning_rate(spectrum, *sizes[:3], _noisy(*sizes))
    if point["learning_rate"] >= limit:
        yield (
            "learning_rate",
            f"below {_FOUR_DIGITS.create_decimal(limit)}, the stability limit of {point['optimizer']} in theory",
        )


@lru_cache(maxsize=1000)
def _formula(capacity, source, modes):
    return white(modes) if capacity is None else power_law(capacity, source, modes)


def _noisy(_width, samples, _momentum, batch):
    return np.inf if batch is None else batch_size(batch, samples)


def _surely_stable(spectrum, width, samples, momentum, batch):
    """A step size at or a little below the limit, without a solve: a study may have a hundred thousand limits.

    u_max is the smallest rate over all gaps, and the rate at which noise is fed back in full is the smallest over those
    with -df1 <= B' + 1 (``theory.edge``): over some of these gaps, the smallest rate is no smaller.
    """
    gap, df1 = _on_some_gaps(spectrum.eigenvalue.tobytes(), spectrum.multiplicity.tobytes())
    noisy = _noisy(width, samples, momentum, batch)
    rate = (spectrum.eigenvalue[0] + gap) * (1 - df1 / width) * (1 - df1 / samples)
    slowest = np.min(rate[-df1 <= noisy + 1], initial=np.inf)
    speed = 1 + momentum if np.isinf(noisy) else 1 / (1 + 1 / noisy)
    return (1 - 1e-9) * 2 * speed / slowest


@lru_cache(maxsize=1000)
def _on_some_gaps(eigenvalue, multiplicity):
    """Gaps and df1 at them, of the spectrum with these columns, as bytes."""
    eigenvalue, multiplicity = np.frombuffer(eigenvalue), np.frombuffer(multiplicity)
    gap = eigenvalue[0] * np.exp(np.linspace(-WIDEST, WIDEST, SOME_GAPS))
    return gap, np.array([multiplicity @ (eigenvalue / (eigenvalue - eigenvalue[0] - one)) for one in gap])
