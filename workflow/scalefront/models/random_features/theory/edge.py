"""The right edge of the spectrum of rates, and the largest stable step sizes that follow from it; numpy and scipy
alone.

Left of the cut z in [-u_max, 0] kappa is real, kappa = -(lambda_1 + gap) with gap > 0, and -z falls from infinity to
its minimum u_max as the gap shrinks (theory/dynamical_model.md 2.2 and 2.6).
"""

import numpy as np
from scipy.optimize import brentq, minimize_scalar

WIDEST = 25  # the gap is sought between lambda_1 e^-25 and lambda_1 e^25


def largest_rate(spectrum, width, samples):
    """Right edge u_max of the spectrum of rates: the minimum of -z(kappa) over kappa < -lambda_1; scalar sizes.

    The largest eigenvalue of a draw scatters about it (theory/dynamical_model.md 1 and 2.2).
    """
    return _edge(spectrum, width, samples)[1]


def batch_size(batch, samples):
    """The size B' of a batch of fresh samples that is as noisy as B distinct ones of P: 1/B' = (P - B)/(B (P - 1)).

    Infinite where the batch is the whole training set; ``samples`` may be inf, then B' = B.
    """
    if np.isinf(samples):
        return float(batch)
    return float(batch * (samples - 1) / (samples - batch)) if batch < samples else np.inf


def noise_gain(spectrum, width, samples, learning_rate, batch):
    """Power that sgd's noise feeds back per step, summed over all later steps, as a share of itself; below 1 it is
    stable.

    -df1(kappa(-2/eta'))/(B' + 1) with eta' = eta (1 + 1/B') and B' = ``batch_size``; inf where eta' u_max >= 2, as then
    already the mean diverges (theory/dynamical_model.md 2.6, "Stability in mean square"; at finite samples
    docs/model.md).
    """
    left = -2 / (learning_rate * (1 + 1 / batch))
    if np.isinf(batch):
        return 0.0 if -left > largest_rate(spectrum, width, samples) else np.inf
    gap = _gap(spectrum, width, samples, -left)
    return np.inf if gap is None else -_df1(spectrum, gap) / (batch + 1)


def largest_learning_rate(spectrum, width, samples, momentum=0.0, batch=np.inf):
    """Largest stable step size: 2 (1 + momentum)/u_max, or where ``noise_gain`` reaches 1 for batches of finite size.

    Parameters
    ----------
    spectrum : Spectrum
    width, samples : >= 1, inf allowed
    momentum : heavy ball's share of the last step, in [0, 1); of no meaning at finite ``batch``
    batch : ``batch_size`` of sgd, inf for the full batch
    """
    edge, slowest = _edge(spectrum, width, samples)
    if np.isinf(batch):
        return 2 * (1 + momentum) / slowest
    if -_df1(spectrum, edge) > batch + 1:
        upper = np.log(spectrum.trace / (batch + 1)) + 1  # -df1 <= Tr Lambda/gap, an equality for a white spectrum
        log_gap = brentq(lambda x: -_df1(spectrum, np.exp(x)) - batch - 1, np.log(edge), upper, xtol=1e-12)
        slowest = _rate(spectrum, width, samples, np.exp(log_gap))
    return 2 / (slowest * (1 + 1 / batch))


def _edge(spectrum, width, samples):
    """(gap, u_max) at which -z is smallest."""
    top = spectrum.eigenvalue[0]
    if np.isinf(width) and np.isinf(samples):
        return top * np.exp(-WIDEST), float(top)
    grid = np.log(top) + np.linspace(-WIDEST, WIDEST, 501)
    best = grid[np.argmin([_rate(spectrum, width, samples, np.exp(x)) for x in grid])]
    found = minimize_scalar(
        lambda x: _rate(spectrum, width, samples, np.exp(x)), bounds=(best - 0.2, best + 0.2), options={"xatol": 1e-9}
    )
    return float(np.exp(found.x)), float(found.fun)


def _gap(spectrum, width, samples, rate):
    """The gap beyond the edge at which -z = ``rate``; None for a rate inside the cut."""
    edge, slowest = _edge(spectrum, width, samples)
    if rate <= slowest:
        return None
    # -z >= lambda_1 + gap
    miss = lambda x: np.log(_rate(spectrum, width, samples, np.exp(x)) / rate)  # noqa: E731
    return float(np.exp(brentq(miss, np.log(edge), np.log(rate), xtol=1e-13)))


def _rate(spectrum, width, samples, gap):
    """-z at kappa = -(lambda_1 + gap)."""
    df1 = _df1(spectrum, gap)
    return (spectrum.eigenvalue[0] + gap) * (1 - df1 / width) * (1 - df1 / samples)


def _df1(spectrum, gap):
    distance = spectrum.eigenvalue - spectrum.eigenvalue[0]
    return spectrum.multiplicity @ (spectrum.eigenvalue / (distance - gap))
