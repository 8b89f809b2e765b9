"""What binds at a compute-optimal point: the size, the time or the samples.

A limit binds if lifting it, the others kept, would lower the loss more than lifting any other: the loss at infinite
size (same samples, same time), at infinite samples (same size, same time), and the lowest loss at any later time, with
t = inf among them (same size, same samples). By how much log L falls is read off the curves of the table, by PCHIP in
log t; at an optimal size between two of the grid it is interpolated linearly in log size, as a difference of logs bends
little.
"""

import numpy as np

from scalefront.fits.envelope import SizeCurve, log_loss_in_time
from scalefront.fits.losses import ROUNDING
from scalefront.fits.optima import mean_curves
from scalefront.fits.selection import Unfitted, curve, parameter_words, select

DATA = "samples"
TINY = 1e-300  # stands for a limit of zero


class Lifted:
    """The curves that are like those of a frontier but for size and samples, among them those without either limit.

    Parameters
    ----------
    table : curves table of one kind
    size : word of the size
    parameters : word -> value of one curve of the frontier
    of : loss column
    """

    def __init__(self, table, size, parameters, of):
        self.words = [size] if size == DATA or DATA not in parameters else [size, DATA]
        shared = {word: parameters[word] for word in parameter_words(table) if word not in self.words}
        self.rows = dict(iter(select(table, shared).groupby(self.words)))
        self.none, self.of = table.iloc[:0], of

    def log_loss(self, size, samples, log_time):
        """(C,) log L at these times, NaN where there is no such curve."""
        try:
            found = curve(self._at(size, samples), "time", self.of)
        except Unfitted:
            return np.full(len(log_time), np.nan)
        return log_loss_in_time(SizeCurve(size, found.x, found.mean))(log_time)

    def limit(self, size, samples):
        """The mean loss at t = inf, inf where it diverges, NaN where the table has no such row."""
        rows = self._at(size, samples)
        known = rows[self.of][np.isinf(rows["time"].to_numpy(float))].to_numpy(float, na_value=np.nan)
        if not len(known):
            return np.nan
        return float(np.nanmean(known)) if np.isfinite(known).any() else np.inf

    def _at(self, size, samples):
        return self.rows.get((size, samples)[: len(self.words)], self.none)


def lowerings(points, found, lifted):
    """By how much log L falls where one limit is lifted, at every optimum.

    Parameters
    ----------
    points : frame (C,) of size, time and loss
    found : SizeCurves that the optima are of
    lifted : Lifted

    Returns
    -------
    dict : the word of the size, "time" and "samples" -> (C,), NaN where the table does not tell
    """
    samples = found.curves[0].parameters.get(DATA, np.inf)
    log_time, log_loss = np.log(points["time"].to_numpy()), np.log(points["loss"].to_numpy())

    def later(one):
        return _later(one, lifted.limit(one.size, samples), log_time)

    def more_data(one):
        return log_loss_in_time(one)(log_time) - lifted.log_loss(one.size, np.inf, log_time)

    fallen = {lifted.words[0]: log_loss - lifted.log_loss(np.inf, samples, log_time)}
    fallen["time"] = _between_sizes(points, found, later)
    if DATA in lifted.words[1:]:
        fallen[DATA] = np.zeros(len(points)) if np.isinf(samples) else _between_sizes(points, found, more_data)
    return fallen


def binds(fallen):
    """(C,) the word whose limit binds, None where one of them is not told or none lowers the loss."""
    words, values = list(fallen), np.stack(list(fallen.values()))
    told = np.isfinite(values).all(axis=0) & (np.nan_to_num(values).max(axis=0) > ROUNDING)
    return [words[best] if known else None for best, known in zip(values.argmax(axis=0), told, strict=True)]


def binding_compute(points, margin):
    """The compute from which on samples bind, NaN where the optima do not show it.

    Parameters
    ----------
    points : frame of compute and edge, compute ascending; optima on an edge are not looked at
    margin : (C,) by how much log L falls further at infinite samples than for any other limit; samples bind where it is
        positive

    Returns
    -------
    float : the zero of the margin, interpolated in log compute between the last optimum at which samples do not bind
        and the next one of the grid
    """
    seen = np.flatnonzero(np.isfinite(margin) & ~points["edge"].to_numpy(bool))
    free = seen[margin[seen] <= 0]
    if not len(free) or free[-1] + 1 not in seen:
        return np.nan
    u, i = np.log(points["compute"].to_numpy()), free[-1]
    return float(np.exp(u[i] + (u[i + 1] - u[i]) * margin[i] / (margin[i] - margin[i + 1])))


def _between_sizes(points, found, lowering):
    """(C,) ``lowering`` (SizeCurve -> (C,)) of the two sizes next to each optimum, linearly in log size."""
    values = np.stack([lowering(one) for one in mean_curves(found)])
    u, place = np.log(found.sizes), np.log(points["size"].to_numpy())
    left = np.clip(np.searchsorted(u, place, side="right") - 1, 0, len(u) - 2)
    share, columns = (place - u[left]) / (u[left + 1] - u[left]), np.arange(len(place))
    low, high = values[left, columns], values[left + 1, columns]
    return np.where(share <= 0, low, np.where(share >= 1, high, low + share * (high - low)))


def _later(one, limit, log_time):
    """(C,) how far log L falls from each time to its lowest later value, ``limit`` (NaN: unknown) among them."""
    values = np.log(np.maximum(np.append(one.loss, limit), TINY))
    lowest_from = np.minimum.accumulate(values[::-1])[::-1]
    lowest = lowest_from[np.searchsorted(np.log(one.time), log_time)]
    return np.maximum(log_loss_in_time(one)(log_time) - lowest, 0.0)
