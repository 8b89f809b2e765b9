"""The simulated curves of a shard."""

import numpy as np

from scalefront.datasets import whiten
from scalefront.models.random_features import sgd
from scalefront.models.random_features.filters import method_of
from scalefront.models.random_features.simulation import full_batch, full_batch_on_rows
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import from_columns, power_law
from scalefront.tables import Curve

DIVERGED = 1e3  # times the train loss of the student that predicts zero, beyond which a run of sgd has diverged


def simulate(settings, sources):
    """Yield a Curve for each point and seed of a shard.

    Parameters
    ----------
    settings : seed, time, points ([digest, seeds, parameters] each), rows (whether real rows stand for the features)
        and their target
    sources : {"spectrum": path, "rows": path} where the spectrum is measured

    A draw that cannot be computed has status "diverged" and no loss; so has the limit t -> inf where it is not finite,
    and all that follows the time at which a run diverges. Runs of sgd, which take their steps, have no limit t -> inf.
    """
    time = np.asarray(settings["time"], float)
    compute = _on_rows(settings, sources) if settings["rows"] else _on_gaussian_features(sources)
    for digest, seeds, parameters in settings["points"]:
        method = method_of(parameters)
        counts = method.counts(time)
        if method.optimizer == "sgd":
            counts = counts[np.isfinite(counts)]
        keys = seed_keys(point_key(settings["seed"], digest), range(seeds))
        from_start = np.union1d(0.0, counts)  # what has grown is told from the loss at the start
        curves = compute(keys, parameters, from_start, method)
        steps, asked = counts if method.stepped else None, np.isin(from_start, counts)
        for seed in range(seeds):
            losses = (np.asarray(loss[seed], float) for loss in (curves.test_loss, curves.train_loss))
            row = with_status(*losses, from_start, method, float(curves.largest_rate[seed]))
            yield Curve(digest, parameters, seed, method.times(counts), *(column[asked] for column in row), steps)


def with_status(test, train, counts, method, largest_rate):
    """Test loss, train loss and status (T,) of one draw at ``counts`` (T,) from 0 on; no loss once it has diverged.

    A full-batch draw diverges where its largest rate is past the method's stability limit, from the first time on at
    which its train loss lies above its start, at last at t = inf; a run of sgd where the train loss leaves DIVERGED
    times its start.
    """
    start = train[0] if np.isfinite(train[0]) else test[0]
    grown = np.where(np.isfinite(train), train, test)
    if method.optimizer == "sgd":
        bad = ~(grown <= DIVERGED * start)
    else:
        unstable = method.stepped and largest_rate >= method.largest_stable_rate()
        bad = unstable & (np.isinf(counts) | ~(grown <= start))
    bad = np.maximum.accumulate(bad) | ~np.isfinite(test)
    test, train = np.where(bad, np.nan, test), np.where(bad | ~np.isfinite(train), np.nan, train)
    return test, train, np.where(bad, "diverged", "ok")


def _on_gaussian_features(sources):
    measured = _measured(sources) if "spectrum" in sources else None

    def compute(keys, point, counts, method):
        spectrum = measured or every_mode(point)
        sizes = point["width"], point["samples"], point["label_noise"]
        if method.optimizer != "sgd":
            return full_batch(keys, spectrum, *sizes, counts, method, point["ensemble"], point["bags"])
        steps = method.learning_rate, method.batch, counts
        if np.isinf(point["samples"]):
            return sgd.one_pass(keys, spectrum, point["width"], point["label_noise"], *steps)
        return sgd.over_epochs(keys, spectrum, *sizes, *steps)

    return compute


def every_mode(point):
    """The spectrum of a point with every mode a group of its own, as simulations take it."""
    modes = int(point["modes"])
    if point["spectrum"] == "white":
        return from_columns(np.ones(modes), np.full(modes, 1 / modes))
    return power_law(point["capacity"], point["source"], modes, exact=modes)


def _on_rows(settings, sources):
    from scalefront.datasets import read_table

    features, target = read_table(sources["rows"], settings["target"])

    def compute(keys, point, counts, method):
        sizes = point["width"], point["samples"], point["label_noise"]
        if method.optimizer == "sgd":
            steps = method.learning_rate, method.batch, counts
            return sgd.over_epochs_on_rows(keys, whiten(features, target), *sizes, *steps)
        return full_batch_on_rows(keys, features, target, *sizes, counts, method, point["ensemble"], point["bags"])

    return compute


def _measured(sources):
    from scalefront.measurement import read_measured

    return read_measured(sources["spectrum"]).spectrum
