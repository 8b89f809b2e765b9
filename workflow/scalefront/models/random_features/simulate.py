"""The simulated curves of a shard."""

import numpy as np

from scalefront.models.random_features.simulation import gradient_flow, gradient_flow_on_rows
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law
from scalefront.tables import Curve


def simulate(settings, sources):
    """Yield a Curve for each point and seed of a shard.

    Parameters
    ----------
    settings : seed, time, points ([digest, seeds, parameters] each), rows (whether real rows stand for the features)
        and their target
    sources : {"spectrum": path, "rows": path} where the spectrum is measured

    A draw that cannot be computed has status "diverged" and no loss; so has the limit t -> inf where it is not finite.
    """
    time = np.asarray(settings["time"], float)
    compute = _on_rows(settings, sources, time) if settings["rows"] else _on_gaussian_features(sources, time)
    for digest, seeds, parameters in settings["points"]:
        curves = compute(seed_keys(point_key(settings["seed"], digest), range(seeds)), parameters)
        for seed in range(seeds):
            test, train = np.asarray(curves.test_loss[seed]), np.asarray(curves.train_loss[seed])
            ok = np.isfinite(test)
            status = np.where(ok, "ok", "diverged")
            test, train = np.where(ok, test, np.nan), np.where(ok, train, np.nan)
            yield Curve(digest, parameters, seed, time, test, train, status)


def _on_gaussian_features(sources, time):
    measured = _measured(sources) if "spectrum" in sources else None

    def compute(keys, point):
        spectrum = measured or power_law(point["capacity"], point["source"], point["modes"], exact=int(point["modes"]))
        return gradient_flow(keys, spectrum, point["width"], point["samples"], point["label_noise"], time)

    return compute


def _on_rows(settings, sources, time):
    from scalefront.datasets import read_table

    features, target = read_table(sources["rows"], settings["target"])

    def compute(keys, point):
        sizes = point["width"], point["samples"], point["label_noise"]
        return gradient_flow_on_rows(keys, features, target, *sizes, time)

    return compute


def _measured(sources):
    from scalefront.measurement import read_measured

    return read_measured(sources["spectrum"]).spectrum
