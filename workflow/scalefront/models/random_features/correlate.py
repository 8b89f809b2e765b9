"""The order parameters that a study asks for, as one table."""

import numpy as np
import pandas as pd

from scalefront.models.random_features.filters import method_of
from scalefront.models.random_features.theory.edge import largest_rate
from scalefront.models.random_features.theory.order_parameters import eigenvalue_of, order_parameters
from scalefront.models.random_features.theory.rates import frozen_share, rate_density
from scalefront.models.random_features.theory.solve import spectrum_of

RESPONSES = {"R1": "r1", "R3": "r3", "R02": "r02", "R24": "r24"}
CORRELATIONS = {"C0": "c0", "C1": "c1", "C2": "c2", "C3": "c3"}
SCHEMA = {
    "quantity": "str",
    "index": "Int64",
    **dict.fromkeys(("time", "other_time", "rate", "value"), "float64"),
    "status": "str",
}
RATES_PER_DECADE = 40
FASTEST = 1.2  # times the largest rate: how far beyond the edge the density is shown


def correlate(settings, sources):
    """Frame of the order parameters of some theory points.

    Parameters
    ----------
    settings : study, time, index (ranks of modes), points ([digest, parameters] each)
    sources : {"spectrum": path of a measured spectrum}, empty for a formula

    Returns
    -------
    frame with columns study, point, the parameter words, quantity ("H" | "R1" | "R3" | "R02" | "R24" | "C0" .. "C3" |
    "density"), index (H and density), time (a lag for responses; inf for what of H never decays), other_time (C), rate
    (density), value, status ("ok" | "unconverged"). Responses leave out the unit response at lag 0.
    """
    frames = []
    for digest, parameters in settings["points"]:
        rows = _rows(parameters, np.asarray(settings["time"], float), settings["index"], sources)
        told = pd.DataFrame([{"study": settings["study"], "point": digest, **parameters}])
        frames.append(told.merge(rows, how="cross"))
    kinds = {word: float for word, value in parameters.items() if not isinstance(value, str)} | {"index": "Int64"}
    return pd.concat(frames, ignore_index=True).astype(kinds)


def _rows(parameters, time, index, sources):
    spectrum, noise = spectrum_of(parameters, sources)
    method = method_of(parameters)
    sizes = parameters["width"], parameters["samples"]
    counts = method.counts(time[(time > 0) & np.isfinite(time)])
    counts = counts[counts > 0]
    found = order_parameters(spectrum, *sizes, np.hypot(parameters["label_noise"], noise), counts, index, method)
    status = "ok" if found.converged else "unconverged"
    times = method.times(counts)
    eigenvalue = eigenvalue_of(spectrum, index)
    frames = [
        _frame("H", index=np.tile(index, len(times)), time=np.repeat(times, len(index)), value=found.transfer.ravel()),
        _frame("H", index=index, time=np.inf, value=frozen_share(spectrum, *sizes, eigenvalue)),
    ]
    frames += [_frame(name, time=times, value=getattr(found, field)) for name, field in RESPONSES.items()]
    pairs = {"time": np.repeat(times, len(times)), "other_time": np.tile(times, len(times))}
    frames += [_frame(name, **pairs, value=getattr(found, field).ravel()) for name, field in CORRELATIONS.items()]
    told = pd.concat(frames, ignore_index=True).assign(status=status)
    if not all(map(np.isinf, sizes)):  # without a bottleneck every mode has one rate, its eigenvalue, and no density
        told = pd.concat([told, _density(spectrum, sizes, eigenvalue, index, times)], ignore_index=True)
    return told[list(SCHEMA)]


def _density(spectrum, sizes, eigenvalue, index, times):
    """Rows of rho_k(u) over the rates that the times resolve, up to beyond the fastest one."""
    slowest, fastest = 0.1 / times.max(), FASTEST * largest_rate(spectrum, *sizes)
    rate = np.geomspace(slowest, fastest, max(2, int(RATES_PER_DECADE * np.log10(fastest / slowest))))
    density = rate_density(spectrum, *sizes, eigenvalue, rate)
    rows = _frame("density", index=np.tile(index, len(rate)), rate=np.repeat(rate, len(index)), value=density.ravel())
    return rows.assign(status=np.where(np.isnan(rows["value"]), "unconverged", "ok"))


def _frame(quantity, **columns):
    length = max(np.size(column) for column in columns.values())
    filled = {name: np.broadcast_to(column, length) for name, column in columns.items()}
    empty = {name: np.full(length, np.nan) for name in ("time", "other_time", "rate") if name not in filled}
    frame = pd.DataFrame({"quantity": quantity, **filled, **empty})
    ranks = filled.get("index", np.full(length, np.nan))
    return frame.assign(index=pd.array([None if rank != rank else int(rank) for rank in ranks], dtype="Int64"))
