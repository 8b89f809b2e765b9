"""The order parameters that a study asks for, as one table."""

import numpy as np
import pandas as pd

from scalefront.models.feature_learning.parameters import stepped
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.feature_learning.theory.march import march
from scalefront.models.feature_learning.theory.solve import asked_times, few_groups, march_settings, sgd_noise, sizes

CORRELATIONS, RESPONSES = ("C_w", "C_h", "C_g"), ("R_h", "R_w")
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
    interval of the solver's grid), time, other_time, value, status ("ok" | "unconverged"). Runs that take steps have
    their own times, flows those of the solver's grid nearest to the asked ones.
    """
    frames = []
    for digest, parameters in settings["points"]:
        rows = _rows(parameters, np.asarray(settings["time"], float))
        told = pd.DataFrame([{"study": settings["study"], "point": digest, **parameters}])
        frames.append(told.merge(rows, how="cross"))
    kinds = {word: float for word, value in parameters.items() if not isinstance(value, str)} | {"index": "Int64"}
    return pd.concat(frames, ignore_index=True).astype(kinds)


def _rows(parameters, time):
    times, matrices = _solved(parameters, time[np.isfinite(time)])
    first, second = np.meshgrid(times, times, indexing="ij")
    frames = []
    for names, pairs in ((CORRELATIONS, first >= 0), (RESPONSES, second <= first)):
        columns = {"time": first[pairs], "other_time": second[pairs]}
        frames += [pd.DataFrame({"quantity": name, **columns, "value": matrices[name][pairs]}) for name in names]
    told = pd.concat(frames, ignore_index=True)
    status = np.where(np.isfinite(told["value"]), "ok", "unconverged")
    return told.assign(index=pd.array([None] * len(told), dtype="Int64"), rate=np.nan, status=status)[list(SCHEMA)]


def _solved(parameters, time):
    """Times (n,) and quantity -> (n, n) at these, of those that the solver has."""
    if stepped(parameters):
        times, steps = asked_times(time, parameters)
        shown = steps.astype(int)
        found = march(few_groups(parameters), int(shown.max(initial=0)), **march_settings(parameters))
        return times, _at(shown, {name: getattr(found, name.lower()) for name in (*CORRELATIONS, *RESPONSES)})
    found = flow_curves(few_groups(parameters), time, noise=sgd_noise(parameters), **sizes(parameters))
    grid = found.grid_time
    shown = np.unique(np.abs(grid[:, None] - time).argmin(0))
    return grid[shown], _at(shown, {name: getattr(found, name) for name in (*CORRELATIONS, *RESPONSES)})


def _at(shown, matrices):
    return {name: matrix[np.ix_(shown, shown)] for name, matrix in matrices.items()}
