"""The theory curves of a shard."""

import itertools
from typing import NamedTuple

import numpy as np

from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.spectra import power_law
from scalefront.tables import Curve


def solve(settings, sources):
    """Yield a Curve for each point of a shard, solved in batches that share a spectrum.

    Parameters
    ----------
    settings : time (list of times, may end with inf) and points ([digest, seeds, parameters] each)
    sources : {"spectrum": path of a measured spectrum}, empty for a power law

    A time at which the solve did not converge has status "unconverged" and no loss; a limit that does not exist
    (t -> inf at N = P) has status "diverged".
    """
    time = np.asarray(settings["time"], float)
    solved = {}
    for spectrum_of, points in _by_spectrum(settings["points"]):
        spectrum, noise = _spectrum(spectrum_of, sources)
        columns = {word: np.array([p[word] for _, _, p in points]) for word in ("width", "samples", "label_noise")}
        columns["label_noise"] = np.hypot(columns["label_noise"], noise)
        curves = loss_curves(spectrum, columns["width"], columns["samples"], columns["label_noise"], time)
        for number, (digest, _, parameters) in enumerate(points):
            solved[digest] = _curve(digest, parameters, time, curves, number)
    for digest, _, _ in settings["points"]:
        yield solved[digest]


def _by_spectrum(points):
    def key(entry):
        return tuple(str(entry[2][word]) for word in ("spectrum", "capacity", "source", "modes"))

    for _, group in itertools.groupby(sorted(points, key=key), key):
        group = list(group)
        yield group[0][2], group


def _spectrum(parameters, sources):
    """The spectrum of a point, and the standard deviation of what no linear function of real features explains."""
    if "spectrum" not in sources:
        return power_law(parameters["capacity"], parameters["source"], parameters["modes"]), 0.0
    from scalefront.measurement import read_measured

    measured = read_measured(sources["spectrum"])
    return measured.spectrum, measured.noise


class _Row(NamedTuple):
    test_loss: np.ndarray
    train_loss: np.ndarray
    status: np.ndarray


def _curve(digest, parameters, time, curves, number):
    row = _status(curves.test_loss[number], curves.train_loss[number], curves.converged[number])
    return Curve(digest, parameters, None, time, row.test_loss, row.train_loss, row.status)


def _status(test, train, converged):
    finite = np.isfinite(test)
    status = np.where(~converged, "unconverged", np.where(finite, "ok", "diverged"))
    ok = status == "ok"
    return _Row(np.where(ok, test, np.nan), np.where(ok, train, np.nan), status)
