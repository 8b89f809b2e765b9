"""The theory curves of a shard."""

import itertools
from typing import NamedTuple

import numpy as np

from scalefront.models.random_features.filters import Method, method_of
from scalefront.models.random_features.theory.epochs import epoch_curves
from scalefront.models.random_features.theory.loss_curves import loss_curves
from scalefront.models.random_features.theory.one_pass import one_pass_curves
from scalefront.spectra import power_law, white
from scalefront.tables import Curve

EVERY_MODE = 1e5  # up to so many modes stand alone where nothing limits but the modes, not binned
SIZES = ("width", "samples", "label_noise", "ensemble", "bags")


def solve(settings, sources):
    """Yield a Curve for each point of a shard, solved in batches that share spectrum and optimizer.

    Parameters
    ----------
    settings : time (list of times, may end with inf) and points ([digest, seeds, parameters] each)
    sources : {"spectrum": path of a measured spectrum}, empty for a power law

    A time at which the solve did not converge has status "unconverged" and no loss; a limit that does not exist
    (t -> inf at N = P) has status "diverged".
    """
    time = np.asarray(settings["time"], float)
    solved = {}
    for first, points in _alike(settings["points"]):
        spectrum, noise = spectrum_of(first, sources)
        method = method_of(first)
        columns = {word: np.array([p[word] for _, _, p in points]) for word in SIZES}
        columns["label_noise"] = np.hypot(columns["label_noise"], noise)
        counts = method.counts(time)
        losses = _losses(spectrum, columns, counts, method)
        for number, (digest, _, parameters) in enumerate(points):
            row = _status(*(column[number] for column in losses))
            steps = counts if method.stepped else None
            solved[digest] = Curve(digest, parameters, None, method.times(counts), *row, steps)
    for digest, _, _ in settings["points"]:
        yield solved[digest]


def spectrum_of(parameters, sources):
    """The spectrum of a point, and the standard deviation of what no linear function of real features explains."""
    if "spectrum" in sources:
        from scalefront.measurement import read_measured

        measured = read_measured(sources["spectrum"])
        return measured.spectrum, measured.noise
    modes = parameters["modes"]
    if parameters["spectrum"] == "white":
        return white(modes), 0.0
    # without a bottleneck the loss falls exponentially beyond 1/lambda_M, where bins would show
    exact = {"exact": int(modes)} if _endless(parameters) and modes <= EVERY_MODE else {}
    return power_law(parameters["capacity"], parameters["source"], modes, **exact), 0.0


def _endless(parameters):
    return bool(np.isinf(parameters["width"]) and np.isinf(parameters["samples"]))


def _alike(points):
    """(parameters of the first, points) for each group that shares spectrum and optimizer, and so its times."""

    def key(entry):
        words = ("spectrum", "capacity", "source", "modes", *Method._fields)
        one_pass = entry[2]["optimizer"] == "sgd" and np.isinf(entry[2]["samples"])
        return tuple(str(entry[2][word]) for word in words), bool(one_pass), _endless(entry[2])

    for _, group in itertools.groupby(sorted(points, key=key), key):
        group = list(group)
        yield group[0][2], group


def _losses(spectrum, columns, counts, method):
    """Test loss, train loss and convergence (n, T) of points that share a spectrum and a method."""
    if method.optimizer != "sgd":
        sizes = [columns[word] for word in ("width", "samples", "label_noise")]
        found = loss_curves(spectrum, *sizes, counts, method, columns["ensemble"], columns["bags"])
    elif np.isinf(columns["samples"]).all():
        sizes = columns["width"], columns["label_noise"]
        found = one_pass_curves(spectrum, *sizes, method.learning_rate, method.batch, counts)
    else:
        return _epochs(spectrum, columns, counts, method)
    return found.test_loss, found.train_loss, found.converged


def _epochs(spectrum, columns, counts, method):
    rows = []
    for width, samples, noise in zip(*(columns[word] for word in SIZES[:3]), strict=True):
        if method.batch == samples:
            whole = Method("gradient_descent", method.learning_rate)
            found = loss_curves(spectrum, [width], [samples], [noise], counts, whole)
            rows.append((found.test_loss[0], found.train_loss[0], found.converged[0]))
        else:
            found = epoch_curves(spectrum, width, samples, noise, method.learning_rate, method.batch, counts)
            rows.append((found.test_loss, found.train_loss, found.converged))
    return [np.stack(column) for column in zip(*rows, strict=True)]


class _Row(NamedTuple):
    test_loss: np.ndarray
    train_loss: np.ndarray
    status: np.ndarray


def _status(test, train, converged):
    finite = np.isfinite(test)
    status = np.where(~converged, "unconverged", np.where(finite, "ok", "diverged"))
    ok = status == "ok"
    return _Row(np.where(ok, test, np.nan), np.where(ok & np.isfinite(train), train, np.nan), status)
