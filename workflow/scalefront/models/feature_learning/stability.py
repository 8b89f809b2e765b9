"""Step sizes that a study may not ask for: an estimate, as the kernel that a step is taken with grows as it learns.

Around what it has learned, a network moves as by the kernel Gamma + (H gamma/q) b b^T, Gamma = q^H, in place of the
lazy one, which is 1 (theory/feature_learning.md 2.5): its fastest rate is some factor, the gain, above lambda_1. A step
is held to be unstable where the gain times the learning rate is past the limit of lazy random features of the same
width, samples and batch. For lazy networks that is their limit in theory. Estimated, for rich ones, is

* Gamma and b, those of infinite width, with |b|^2 cut at what width or samples can reach (2.7);
* the gain of a finite width, as that of infinite width;
* when it shows: what becomes unstable in the last tenth of a run has no time to grow.
"""

from decimal import ROUND_FLOOR, Context
from functools import lru_cache

import numpy as np

from scalefront.bottlenecks import bottleneck
from scalefront.models.feature_learning.flow import flow
from scalefront.models.feature_learning.parameters import stepped
from scalefront.models.feature_learning.reach import speed
from scalefront.spectra import Spectrum, power_law

GAPS, WIDEST = 2000, 30  # above lambda_1, from e^-30 to e^30 of it
SHOWN = 0.9  # of a run, after which an instability has no time to grow
TOLERANCE = 1e-2  # of the loss of the flow that Gamma is taken from
_BISECTIONS = 30
_THREE_DIGITS = Context(prec=3, rounding=ROUND_FLOOR)  # rounded down, so that what is below it is allowed


def check(point, _kind, stop=0.0, spectrum=None):
    """Yield (word, what is allowed) where the step size of ``point`` is at or past its estimated stability limit.

    Parameters
    ----------
    point : word -> value
    _kind : "simulation" or "theory", which have the same limit
    stop : last finite time of its curve
    spectrum : the measured Spectrum of the study; None for one that a formula gives
    """
    if not stepped(point):
        return
    if spectrum is None:
        spectrum = _formula(point["capacity"], point["source"], point["modes"])
    lazy, rate = largest_lazy_rate(spectrum, point), point["learning_rate"]
    if rate * _most_gain(spectrum, point) < lazy:
        return
    limit = lazy / gain(spectrum, point, stop)
    if rate >= limit:
        yield (
            "learning_rate",
            f"below {_THREE_DIGITS.create_decimal(limit)}, the estimated stability limit of {point['optimizer']} at "
            f"time {stop:g}",
        )


def largest_lazy_rate(spectrum, point):
    """Stability limit of the learning rate of ``point`` without feature learning.

    The rate -z at which kappa(z) = -x, x = lambda_1 + gap, is x (1 - df1/N) (1 - df1/P), whose smallest value over all
    gaps is the largest rate u of the kernel: eta u < 2. With batches of B, eta (1 + 1/B) u < 2, with u the smallest
    over the gaps where noise is not fed back in full, -df1 < B + 1 (theory/dynamical_model.md 2.6).
    """
    gap, df1 = _on_gaps(spectrum.eigenvalue.tobytes(), spectrum.multiplicity.tobytes())
    rate = (spectrum.eigenvalue[0] + gap) * (1 - df1 / point["width"]) * (1 - df1 / point["samples"])
    noisy = _fresh(point["batch"], point["samples"])
    return 2 / ((1 + 1 / noisy) * np.min(rate[-df1 <= noisy + 1]))


def gain(spectrum, point, stop):
    """How much faster than at the start the fastest mode is learned by time ``stop``, >= 1; of infinite width."""
    richness, depth = point["richness"], point["depth"]
    if richness == 0:
        return 1.0
    power, length = _learned(*_columns(spectrum), SHOWN * stop, richness, depth)
    kernel = float(speed(richness * min(length, _reached(spectrum, point)), depth))
    boost = depth * richness / kernel ** (1 / depth)
    return _fastest(kernel, boost * power, spectrum.eigenvalue) / spectrum.eigenvalue[0]


def _most_gain(spectrum, point):
    """A bound on ``gain`` without a solve, as the boost of b is at most H times the rest."""
    task = spectrum.multiplicity @ (spectrum.task_power / spectrum.eigenvalue)
    return (1 + point["depth"]) * float(speed(point["richness"] * task, point["depth"]))


def _fastest(kernel, power, eigenvalue):
    """Largest eigenvalue of Lambda^(1/2) (kernel + c b b^T) Lambda^(1/2), power = c lambda b^2 (K,), by bisection.

    It is the root above all poles of sum power/(x - kernel lambda) = 1, at most sum power above the largest.
    """
    pole = kernel * eigenvalue
    low, high = pole[0], pole[0] + power.sum()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = middle > pole[0] and (power / (middle - pole)).sum() < 1
        low, high = (low, middle) if above else (middle, high)
    return high


def _reached(spectrum, point):
    """|b|^2 at t = inf that width and samples allow, of the readout of all features or of the shortest interpolator.

    By the deterministic equivalents of 2.7: sum w^2 (lambda/(lambda + kappa))^2/(1 - df2/N) for N < P, and
    sum w^2 lambda/(lambda + kappa) for P < N. A pure network leaves the space of its first features.
    """
    width = np.inf if point["architecture"] == "pure" else point["width"]
    return _reached_by(*_columns(spectrum), spectrum.modes, width, point["samples"])


@lru_cache(maxsize=10_000)
def _reached_by(eigenvalue, task_power, multiplicity, modes, width, samples):
    spectrum = Spectrum(*map(np.frombuffer, (eigenvalue, task_power, multiplicity)), modes)
    neck = bottleneck(spectrum, [width], [samples])
    kappa, rank = neck.kappa0[0], neck.rank[0]
    kept = spectrum.eigenvalue / (spectrum.eigenvalue + kappa)
    task = spectrum.multiplicity * spectrum.task_power / spectrum.eigenvalue
    if kappa == 0 or rank < width:
        return float(task @ kept)
    return float(task @ kept**2 / (1 - spectrum.multiplicity @ kept**2 / width))


@lru_cache(maxsize=1000)
def _learned(eigenvalue, task_power, multiplicity, time, richness, depth):
    """lambda b^2 of each group of modes (K,) and |b|^2 of all of them by ``time``, at infinite width."""
    eigenvalue, task_power, multiplicity = map(np.frombuffer, (eigenvalue, task_power, multiplicity))
    target = np.sqrt(task_power / eigenvalue)
    remaining = flow(eigenvalue, target, multiplicity, [time], richness, depth, TOLERANCE).remaining[0]
    square = multiplicity * (target - remaining) ** 2
    return eigenvalue * square, float(square.sum())


@lru_cache(maxsize=1000)
def _on_gaps(eigenvalue, multiplicity):
    """Gaps (G,) above lambda_1 and df1 there (G,), of the spectrum with these columns, as bytes."""
    eigenvalue, multiplicity = map(np.frombuffer, (eigenvalue, multiplicity))
    gap = eigenvalue[0] * np.exp(np.linspace(-WIDEST, WIDEST, GAPS))
    return gap, np.array([multiplicity @ (eigenvalue / (eigenvalue - eigenvalue[0] - one)) for one in gap])


@lru_cache(maxsize=1000)
def _formula(capacity, source, modes):
    return power_law(capacity, source, modes)


def _columns(spectrum):
    return tuple(column.tobytes() for column in spectrum[:3])


def _fresh(batch, samples):
    """Fresh samples that are as noisy as ``batch`` distinct ones of ``samples``; inf where there is no noise."""
    if batch is None or batch >= samples:
        return np.inf
    return batch if np.isinf(samples) else batch * (samples - 1) / (samples - batch)
