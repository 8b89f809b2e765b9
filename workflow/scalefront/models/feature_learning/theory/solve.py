"""The theory curves of a shard, each by the solver of its regime (theory/feature_learning.md 2.6)."""

from typing import NamedTuple

import numpy as np

from scalefront.late_losses import late_losses
from scalefront.models.feature_learning.parameters import EVERY_MODE, EVERY_MODE_ALONE, stepped
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.infinite_width import infinite_width
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.feature_learning.theory.recursion import recursion
from scalefront.spectra import power_law
from scalefront.steps import whole_steps
from scalefront.tables import Curve


class Losses(NamedTuple):
    """Test loss, train loss (NaN for fresh samples) and whether each of them is converged; all of shape (T,)."""

    test_loss: np.ndarray
    train_loss: np.ndarray
    converged: np.ndarray


def solve(settings, sources):  # noqa: ARG001
    """Yield a Curve for each point of a shard.

    Parameters
    ----------
    settings : time (list of times, may end with inf) and points ([digest, seeds, parameters] each)
    sources : {}, as the model has no spectrum but a power law

    A time at which the solve did not converge has status "unconverged" and no loss, one at which the loss has left all
    bounds "diverged". Runs of sgd have no limit t -> inf, which is left out.
    """
    time = np.asarray(settings["time"], float)
    for digest, _, parameters in settings["points"]:
        asked, steps = asked_times(time, parameters)
        losses = _losses(parameters, asked if steps is None else steps)
        yield Curve(digest, parameters, None, asked, *_with_status(losses), steps)


def asked_times(time, point):
    """The times of a point's curve and, where its optimizer takes steps, their numbers, else None."""
    if point["batch"] is not None and not _whole(point):
        time = time[np.isfinite(time)]
    if not stepped(point):
        return time, None
    steps = whole_steps(time, point["learning_rate"])
    return steps * point["learning_rate"], steps


def sizes(point):
    """What all solvers take of a point, by keyword."""
    told = {name: point[name] for name in ("width", "samples", "richness", "label_noise")}
    return told | {"pure": point["architecture"] == "pure"}


def march_settings(point):
    """What the march over steps takes of a point, by keyword."""
    batch = np.inf if point["batch"] is None else point["batch"]
    return sizes(point) | {"learning_rate": point["learning_rate"], "batch": batch}


def sgd_noise(point):
    """eta/B of a flow with the noise of batches, else 0."""
    return point["learning_rate"] / point["batch"] if point["optimizer"] == "sgd_flow" else 0.0


def few_groups(point):
    """The spectrum of a point for the solvers that are cubic in time."""
    modes = point["modes"]
    if modes <= EVERY_MODE:
        return power_law(point["capacity"], point["source"], modes, exact=int(modes))
    return grouped(point["capacity"], point["source"], modes)


def _losses(point, counts):
    """Losses at times, or at whole steps, ``counts`` (T,); that at inf in closed form, unless a run diverges."""
    finite = np.isfinite(counts)
    found = (_of_steps if stepped(point) else _of_flow)(point, counts[finite])
    if finite.all():
        return found
    ended = stepped(point) and not np.isfinite(found.test_loss).all()
    late = Losses(np.inf, np.nan, True) if ended else _limit(point)
    return Losses(*(np.append(column, value) for column, value in zip(found, late, strict=True)))


def _of_steps(point, steps):
    settings = march_settings(point)
    if point["richness"] == 0 and np.isinf([point["width"], point["samples"]]).all():
        told = {name: settings[name] for name in ("learning_rate", "batch", "label_noise")}
        test = recursion(_many_groups(point), steps, **told)
        return Losses(test, np.full(len(steps), np.nan), np.ones(len(steps), bool))
    found = march(few_groups(point), int(steps.max(initial=0)), **settings)
    shown = steps.astype(int)
    return Losses(found.test_loss[shown], found.train_loss[shown], np.ones(len(steps), bool))


def _of_flow(point, time):
    fresh = np.isinf(point["width"]) and np.isinf(point["samples"])
    if fresh and point["optimizer"] == "gradient_flow":
        test = infinite_width(_many_groups(point), time, point["richness"], point["depth"])
        return Losses(test, np.full(len(time), np.nan), np.isfinite(test))
    found = flow_curves(few_groups(point), time, noise=sgd_noise(point), **sizes(point))
    return Losses(found.test_loss, found.train_loss, found.converged)


def _limit(point):
    """Losses (1,) at t = inf: those of the lazy student, as the richness does not move them (2.7).

    A pure network has no limit of its width: none at all on fresh samples, and no closed form on a training set.
    """
    width = point["width"]
    if point["architecture"] == "pure" and point["richness"] > 0 and np.isfinite(width):
        if np.isfinite(point["samples"]):
            return Losses(np.nan, np.nan, False)
        width = np.inf
    spectrum = power_law(point["capacity"], point["source"], point["modes"])
    found = late_losses(spectrum, [width], [point["samples"]], [point["label_noise"]])
    train = found.train_loss[0] if np.isfinite(point["samples"]) else np.nan
    return Losses(found.test_loss[0], train, True)


def _many_groups(point):
    modes = point["modes"]
    exact = {"exact": int(modes)} if modes <= EVERY_MODE_ALONE else {}
    return power_law(point["capacity"], point["source"], modes, **exact)


def _whole(point):
    """Whether a batch is the whole training set."""
    return point["batch"] == point["samples"]


def _with_status(losses):
    test, train, converged = losses
    bad = ~np.isfinite(test)
    status = np.where(~converged, "unconverged", np.where(bad, "diverged", "ok"))
    ok = status == "ok"
    return np.where(ok, test, np.nan), np.where(ok & np.isfinite(train), train, np.nan), status
