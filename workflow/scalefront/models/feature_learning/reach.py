"""Where start and cut-off leave exponents alone, in time, width and samples.

A rich network runs through accelerated time tau = int Gamma dt, in which its loss falls nearly as that of a lazy one.
Both ends of its range are found there, with the rank-one part of the flow left out (theory/feature_learning.md 2.4):
its speed Gamma = q^H, (q - 1) q^H = gamma |b|^2, is that of modes that are learned independently,
b_k = w_k (1 - e^(-lambda_k tau)).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from scalefront import cut_off
from scalefront.spectra import power_law

START = 0.05  # how far a local exponent may be from the last one: the band in which a window holds it for constant
PER_DECADE = 20
_ITERATIONS = 100


class Clock(NamedTuple):
    """Curve of a network whose modes are learned independently; all (T,)."""

    time: np.ndarray
    test_loss: np.ndarray


def asymptotic_range(word, parameters):
    """Range (low, high) of ``time``, ``width`` or ``samples`` in which start and cut-off leave an exponent alone.

    It starts at time 10 and size 50, or where the local exponent of time comes within START of its last value, which is
    late where gamma |b|^2 passes 1 late and where source is near 1. It ends where ``cut_off`` says; in time that is an
    accelerated one, which a rich network reaches sooner. Empty, low >= high, where there are too few modes. Raises
    KeyError for any other word.
    """
    modes, capacity, source = (parameters[name] for name in ("modes", "capacity", "source"))
    if word == "time":
        return _times(capacity, source, modes, parameters["richness"], parameters["depth"])
    if word not in ("width", "samples"):
        raise KeyError(word)
    return cut_off.sizes(modes, capacity, source)


@lru_cache(maxsize=1000)
def _times(capacity, source, modes, richness, depth):
    last = cut_off.last_time(modes, capacity, source)  # in accelerated time
    if richness == 0 or last <= 1:
        return cut_off.EARLIEST, last
    curve = clock(power_law(capacity, source, modes), last, richness, depth)
    slope = -np.gradient(np.log(curve.test_loss), np.log(curve.time))
    early = np.flatnonzero(np.abs(slope / slope[-1] - 1) > START)
    settled = curve.time[early[-1]] if early.size else 0.0
    return max(cut_off.EARLIEST, float(settled)), float(curve.time[-1])


def clock(spectrum, last, richness, depth):
    """The Clock of infinite width up to accelerated time ``last`` > 0.01, with 20 times a decade from there on."""
    tau = np.geomspace(0.01, last, 2 + int(PER_DECADE * np.log10(last / 0.01)))
    decay = np.exp(-np.outer(tau, spectrum.eigenvalue))
    power = spectrum.multiplicity * spectrum.task_power
    length = (1 - decay) ** 2 @ (power / spectrum.eigenvalue)
    rate = tau / speed(richness * length, depth)
    steps = np.diff(np.log(tau)) * (rate[1:] + rate[:-1]) / 2
    return Clock(rate[0] + np.concatenate([[0.0], np.cumsum(steps)]), decay**2 @ power)


def speed(strength, depth):
    """q^H with (q - 1) q^H = ``strength`` = gamma |b|^2 >= 0, of any shape: how much faster than lazy a kernel learns.

    By Newton's method from above, where it falls monotonically to the root (theory/feature_learning.md 2.5).
    """
    strength = np.asarray(strength, float)
    excess = np.minimum(strength, strength ** (1 / (depth + 1)))
    for _ in range(_ITERATIONS):
        past = excess - strength * (1 + excess) ** -depth
        lower = np.maximum(excess - past * (1 + excess) / (1 + (depth + 1) * excess), 0.0)
        if np.all(lower >= excess):
            break
        excess = lower
    return (1 + excess) ** depth
