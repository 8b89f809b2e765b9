"""The simulated curves of a shard."""

import numpy as np

from scalefront.models.feature_learning.flow_simulation import simulate_flow
from scalefront.models.feature_learning.network import simulate_steps
from scalefront.models.feature_learning.parameters import stepped
from scalefront.randomness import point_key, seed_keys
from scalefront.spectra import power_law
from scalefront.steps import whole_steps
from scalefront.tables import Curve


def simulate(settings, sources):  # noqa: ARG001
    """Yield a Curve for each point and seed of a shard.

    Parameters
    ----------
    settings : seed, time, points ([digest, seeds, parameters] each)
    sources : {}, as the model has no spectrum but a power law

    From the time on at which a run that takes steps diverges, its status is "diverged" and it has no loss; it has no
    limit t -> inf. A time at which a flow could not be solved to its tolerance has status "unconverged".
    """
    time = np.asarray(settings["time"], float)
    for digest, seeds, parameters in settings["points"]:
        keys = seed_keys(point_key(settings["seed"], digest), range(seeds))
        spectrum = power_law(
            parameters["capacity"], parameters["source"], parameters["modes"], exact=int(parameters["modes"])
        )
        asked, steps, losses = _run(keys, spectrum, parameters, time)
        for seed in range(seeds):
            test, train = (np.asarray(loss[seed], float) for loss in losses)
            train = np.where(np.isfinite(train), train, np.nan)
            status = np.where(np.isfinite(test), "ok", "unconverged" if steps is None else "diverged")
            yield Curve(digest, parameters, seed, asked, test, train, status, steps)


def _run(keys, spectrum, point, time):
    """Times (T,), their steps or None, and (test, train) loss (S, T)."""
    sizes = point["width"], point["samples"], point["label_noise"]
    network = {"richness": point["richness"], "depth": int(point["depth"])}
    if not stepped(point):
        return time, None, simulate_flow(keys, spectrum, *sizes, time=time, **network)
    steps = whole_steps(time[np.isfinite(time)], point["learning_rate"])
    losses = simulate_steps(
        keys,
        spectrum,
        *sizes,
        learning_rate=point["learning_rate"],
        batch=point["batch"],
        counts=steps,
        pure=point["architecture"] == "pure",
        **network,
    )
    return steps * point["learning_rate"], steps, losses
