"""Step sizes that a study may not ask for: the stability limits of the mean-field theory, a small solve each."""

from decimal import ROUND_FLOOR, Context
from functools import cache

import numpy as np

from scalefront.models.random_features.parameters import stepped
from scalefront.models.random_features.theory.edge import batch_size, largest_learning_rate
from scalefront.spectra import power_law, white

_FOUR_DIGITS = Context(prec=4, rounding=ROUND_FLOOR)  # rounded down, so that what is below it is allowed


def check(point, _kind, spectrum=None):
    """Yield (word, what is allowed) where the step size of ``point`` is at or past its stability limit.

    Single draws scatter about the limit of the theory: those beyond their own are rows with status diverged.

    Parameters
    ----------
    point : word -> value
    _kind : "simulation" or "theory", which have the same limit
    spectrum : the measured Spectrum of the study; None for one that a formula gives
    """
    if not stepped(point):
        return
    sizes = point["width"], point["samples"], point["momentum"] or 0.0, point["batch"]
    limit = (
        _limit(point["capacity"], point["source"], point["modes"], *sizes)
        if spectrum is None
        else _measured_limit(spectrum, *sizes)
    )
    if point["learning_rate"] >= limit:
        yield (
            "learning_rate",
            f"below {_FOUR_DIGITS.create_decimal(limit)}, the stability limit of {point['optimizer']} in theory",
        )


@cache
def _limit(capacity, source, modes, width, samples, momentum, batch):
    spectrum = white(modes) if capacity is None else power_law(capacity, source, modes)
    return _measured_limit(spectrum, width, samples, momentum, batch)


def _measured_limit(spectrum, width, samples, momentum, batch):
    noisy = np.inf if batch is None else batch_size(batch, samples)
    return largest_learning_rate(spectrum, width, samples, momentum, noisy)
