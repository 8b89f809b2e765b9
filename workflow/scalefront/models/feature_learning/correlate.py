"""The order parameters that a study asks for, as one table."""

import numpy as np
import pandas as pd

from scalefront.models.feature_learning.parameters import stepped
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.feature_learning.theory.solve import asked_times, few_groups, march_settings, sgd_noise, sizes

CORRELATIONS, RESPONSES = ("C_w", "C_h", "C_g"), ("R_h", "R_w")
ROUNDING = 1e-9  # of a time of the solver's grid
SCHEMA = {
    "quantity": "str",
    "index": "Int64",
    **dict.fromkeys(("time", "other_time", "rate", "value"), "float64"),
    "status": "str",
}


def correlate(settings, sources):  # noqa: ARG001
    """Frame of the order parameters of some theory points (theory/feature_learning.md 2.1).

    Parameters
    ----------
    settings : study, model, time, points ([digest, parameters] each)
    sources : {}, as the model has no spectrum but a power law

    Returns
    -------
    frame with columns study, point, the parameter words, quantity ("C_w" | "C_h" | "C_g", correlations of the readout,
    of the projected gradient and of the gradient, at two times; "R_h" | "R_w", responses of the projected gradient and
    of the readout at ``time`` to a field on the projected gradient at ``other_time`` <= time, over one step or one
    interval of the grid), time, other_time, value, status ("ok"; without a value "unconverged" | "diverged"). Runs
    that take steps have their own times, flows those of the grid nearest to the asked ones, as far as it is solved.
    """
    frames = []
    for digest, parameters in settings["points"]:
        rows = _rows(parameters, np.asarray(settings["time"], float))
        told = pd.DataFrame([{"study": settings["study"], "point": digest, **parameters}])
        frames.append(told.merge(rows, how="cross"))
    kinds = {word: float for word, value in parameters.items() if not isinstance(value, str)} | {"index": "Int64"}
    return pd.concat(frames, ignore_index=True).astype(kinds)


def _rows(parameters, time):
    times, status, matrices = _solved(parameters, time[np.isfinite(time)])
    first, second = (place.ravel() for place in np.indices((len(times), len(times))))
    frames = []
    for names, pairs in ((CORRELATIONS, first >= 0), (RESPONSES, second <= first)):
        later, earlier = first[pairs], second[pairs]
        of_both = np.where(status[later] == "ok", status[earlier], status[later])
        columns = {"time": times[later], "other_time": times[earlier], "status": of_both}
        for name in names:
            value = np.where(of_both == "ok", matrices[name][later, earlier], np.nan)
            frames.append(pd.DataFrame({"quantity": name, **columns, "value": value}))
    told = pd.concat(frames, ignore_index=True)
    return told.assign(index=pd.array([None] * len(told), dtype="Int64"), rate=np.nan)[list(SCHEMA)]


def _solved(parameters, time):
    """Times (n,), their status (n,) and quantity -> (n, n) at these."""
    if stepped(parameters):
        times, steps = asked_times(time, parameters)
        shown = steps.astype(int)
        found = march(few_groups(parameters), int(shown.max(initial=0)), **march_settings(parameters))
        status = np.where(np.isfinite(found.test_loss[shown]), "ok", "diverged")
        return times, status, _at(shown, {name: getattr(found, name.lower()) for name in (*CORRELATIONS, *RESPONSES)})
    found = flow_curves(few_groups(parameters), time, noise=sgd_noise(parameters), **sizes(parameters))
    grid = found.grid_time[np.isfinite(found.grid_time)]
    known = time <= grid[-1] * (1 + ROUNDING)
    nearest = np.abs(grid[:, None] - time).argmin(0)
    times, which = np.unique(np.where(known, grid[nearest], time), return_index=True)
    status = np.where(known, "ok", "unconverged")[which]
    return times, status, _at(nearest[which], {name: getattr(found, name) for name in (*CORRELATIONS, *RESPONSES)})


def _at(shown, matrices):
    return {name: matrix[np.ix_(shown, shown)] for name, matrix in matrices.items()}
