"""Intervals of fitted numbers: curvature of noise-free curves, bootstrap over the seeds of noisy ones.

A theory curve has no noise; what is uncertain is whether it is a power law. Its interval is the range of the fitted
number over all sub-windows that span at least half of the window in log x. Denser points add sub-windows: they do not
shrink it.

A simulation is drawn again by its seeds, whole curves at a time: points of one curve share their draw. Its 95 %
intervals are expanded percentiles (Hesterberg, The American Statistician 69, 371 (2015), "expanded percentile
interval"): percentile intervals of n seeds are too narrow by the factor sqrt((n - 1)/n) and by the normal instead of
Student's quantile, so that the levels alpha/2 = Phi(-sqrt(n/(n - 1)) t_{n-1}) are read off instead.
"""

import hashlib

import numpy as np
from scipy import special

SUB_WINDOWS = "sub-windows"
BOOTSTRAP = "bootstrap over seeds"
LEVEL = 0.95
RESAMPLES = 500
# The most extreme resample is the most extreme seed: n seeds hold a median with 1 - 2^(1-n), 94 % for five.
MIN_SEEDS = 5
MIN_SUB_WINDOW_POINTS = 3


def sub_window_ranges(x, y):
    """Ranges of exponent and prefactor of y ~ x^p over all sub-windows that span half of the window in log x or more.

    Parameters
    ----------
    x, y : (n,) positive, x ascending: the points of the window

    Returns
    -------
    (low, high) of the exponent, (low, high) of the prefactor; NaN where no sub-window but the window itself holds
    3 points
    """
    centre = np.log(x).mean()
    u, v = np.log(x) - centre, np.log(y)
    first, last = np.triu_indices(len(u), MIN_SUB_WINDOW_POINTS - 1)
    long_enough = u[last] - u[first] >= (u[-1] - u[0]) / 2 * (1 - 1e-9)
    first, last = first[long_enough], last[long_enough]
    if len(first) < 2:
        return (np.nan, np.nan), (np.nan, np.nan)

    def mean(values):
        total = np.concatenate([[0.0], np.cumsum(values)])
        return (total[last + 1] - total[first]) / (last + 1 - first)

    mean_u, mean_v = mean(u), mean(v)
    exponent = (mean(u * v) - mean_u * mean_v) / (mean(u * u) - mean_u**2)
    prefactor = np.exp(mean_v - exponent * (mean_u + centre))
    return _ends(exponent), _ends(prefactor)


def _ends(values):
    return float(values.min()), float(values.max())


def generator(name):
    """The random generator of a fit: seeded by the SHA-256 of its name, so that every run draws the same resamples."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))


def resampled_means(losses, rng, whole_curves=True, resamples=RESAMPLES):
    """Means over seeds of curves drawn again from their seeds.

    Parameters
    ----------
    losses : (seeds, n), NaN where a run has no value; every column has one at least
    rng : numpy generator
    whole_curves : True draws seeds for all columns together (columns are times of one run), False for every column on
        its own (columns are different points of a study, with independent seeds)
    resamples : number R of draws

    Returns
    -------
    (R, n)
    """
    if not whole_curves:
        columns = [column[np.isfinite(column)][:, None] for column in losses.T]
        return np.hstack([resampled_means(column, rng, resamples=resamples) for column in columns])
    seeds = len(losses)
    counts = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).astype(float)
    present = np.isfinite(losses)
    total, number = counts @ np.where(present, losses, 0.0), counts @ present
    # a resample may miss the few runs that got this far: their own mean stands in
    return np.where(number > 0, total / np.maximum(number, 1), np.nanmean(losses, axis=0))


def bootstrap_interval(values, seeds):
    """Expanded 95 % percentile interval along the first axis.

    Parameters
    ----------
    values : (R, ...) resampled statistic
    seeds : number of seeds n >= 2 that were drawn from

    Returns
    -------
    low, high : (...)
    """
    tail = special.ndtr(np.sqrt(seeds / (seeds - 1)) * special.stdtrit(seeds - 1, (1 - LEVEL) / 2))
    return np.quantile(values, [tail, 1 - tail], axis=0)


def resampled_power_laws(x, resampled):
    """Exponents and prefactors of least-squares power laws, one for each resampled curve: (R,), (R,) of (R, n)."""
    u, v = np.log(x), np.log(resampled)
    centred = u - u.mean()
    exponent = v @ centred / (centred @ centred)
    return exponent, np.exp(v.mean(axis=1) - exponent * u.mean())
