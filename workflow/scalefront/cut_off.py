"""Where the cut-off of a power-law spectrum leaves exponents alone, in lazy time and in size.

By CUT_OFF the missing modes may bend a local exponent relative to itself: by the power M^-ab/(ab) that they would carry
(a, b: capacity and source), set against L(t) or against the power beyond mode N, which no N features can fit; and by
the eigenvalues that they would add to df1(kappa0) = N, which matters for capacities near 1.
"""

from math import gamma, pi, sin

CUT_OFF = 0.01  # a fifth of the band in which a window holds a local exponent for constant
SHARE = 1e-3  # of the modes (theory/dynamical_model.md 5, "Finite M and fit windows")
EARLIEST, SMALLEST = 10.0, 50.0  # time and size; the same section


def last_time(modes, capacity, source):
    """Time at which modes up to SHARE, or CUT_OFF, of M = ``modes`` are learned by a kernel that stays as it is."""
    index = (CUT_OFF * gamma(1 + source) / 2**source) ** (1 / (capacity * source))
    return (min(SHARE, index) * modes) ** capacity


def sizes(modes, capacity, source):
    """Range (low, high) of widths or numbers of samples; empty, low >= high, where there are too few modes."""
    power = CUT_OFF ** (1 / (capacity * source))
    packing = pi / capacity / sin(pi / capacity)  # kappa0 = (packing/N)^capacity at M = inf
    trace = CUT_OFF * (packing / (1 + CUT_OFF / (capacity - 1))) ** capacity
    return SMALLEST, min(SHARE, power, trace ** (1 / (capacity - 1))) * modes
