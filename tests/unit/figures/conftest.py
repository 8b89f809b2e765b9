"""Tables of a study with known curves, scattered where seeds are drawn.

L = (1 + t)^-0.4 + N^-1/2 + P^-1/2 for one student. Of N^-1/2 half is the variance over projections, which E students
divide by E, of P^-1/2 half is that over training sets, which Q of them divide by Q.
"""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table

from tests.unit.figures.lazy_theory import order_parameters

INF = np.inf
SIZE, TIME = -0.5, -0.4
TIMES = np.append(np.geomspace(0.1, 1e6, 36), INF)
WHERE = {"kind": "theory", "modes": 1e8}
FITS = {
    "time_exponent": {"against": "time", "where": WHERE | {"width": INF, "samples": INF}, "predicted": TIME},
    "width_exponent": {"against": "width", "where": WHERE | {"samples": INF, "time": INF}, "predicted": SIZE},
    "samples_exponent": {"against": "samples", "where": WHERE | {"width": INF, "time": INF}, "predicted": SIZE},
}
OPTIMIZERS = (
    {"optimizer": "momentum_flow", "inertia": 2.0},
    {"optimizer": "gradient_descent", "learning_rate": 0.5},
    {"optimizer": "momentum", "learning_rate": 0.1, "momentum": 0.9},
    {"optimizer": "sgd", "learning_rate": 0.1, "batch": 32.0},
)
# at fixed C = N t the derivative of N^-1/2 + (N/C)^0.4 vanishes where N^0.9 ~ C^0.4
FRONTIER = {
    "size": "width",
    "compute": ["width", "time"],
    "where": WHERE | {"samples": INF},
    "methods": ["envelope"],
    "predicted": {"size_exponent": 4 / 9, "time_exponent": 5 / 9, "loss_exponent": -2 / 9},
}


@pytest.fixture(scope="session")
def settings():
    """Function from changes to the settings of a figure, as the workflow gives them."""

    def given(**changes):
        return _settings() | changes

    return given


@pytest.fixture(scope="session")
def tables():
    """Curves, fits and frontier of a study like the default ones, and a measured spectrum k^-1.5 with T_k = k^-2."""
    curves = []
    for size in (32.0, 64.0, 128.0, 256.0):
        curves += _both(6, modes=4000.0, width=size) + _both(6, modes=4000.0, samples=size)
    curves += _both(8, modes=1000.0, width=100.0, samples=200.0, label_noise=0.5)
    curves += [_curve("theory", width=float(width)) for width in np.geomspace(8, 1e6, 24).round()]
    curves += [_curve("theory", samples=float(samples)) for samples in np.geomspace(10, 1e6, 16).round()]
    table = pd.concat([*curves, _curve("theory")], ignore_index=True)
    fits, frontier = fit_table(table, _settings()["fits"], FRONTIER)
    return {"curves": table, "fits": pd.concat([fits, _spectrum_fits()]), "frontier": frontier, "spectrum": _spectrum()}


@pytest.fixture(scope="session")
def lazy(tables):
    """Tables of a study of ensembles, optimizers and order parameters."""
    size = {"modes": 4000.0, "width": 64.0}
    averages = [{"ensemble": INF}, {"bags": INF}, {"ensemble": INF, "bags": INF}]
    curves = [_curve("theory", **size, samples=128.0, **average) for average in averages]
    curves += [_curve("theory", **size, ensemble=INF)]
    curves += _both(6, **size) + _both(6, **size, samples=128.0)
    for optimizer in OPTIMIZERS:
        curves += _both(6, **size, **optimizer)
    for members in (1.0, 2.0, 4.0, 8.0):
        split = {"modes": 1000.0, "ensemble": members, "width": 256 / members}
        curves += _both(6, **split) + _both(6, **split, samples=150.0)
    curves += [_curve("theory", modes=4000.0), _curve("theory", modes=4000.0, samples=128.0)]
    return tables | {"curves": pd.concat(curves, ignore_index=True), "order_parameters": order_parameters(curves)}


@pytest.fixture(scope="session")
def measured_curves():
    """Curves on a measured spectrum, which have no number of modes."""
    told = {"spectrum": "data-0123456789ab", "capacity": None, "source": None, "modes": None}
    points = [{"width": width} for width in (8.0, 16.0, INF)] + [{"width": 16.0, "samples": 256.0}]
    return pd.concat([rows for point in points for rows in _both(4, **told, **point)], ignore_index=True)


def _settings():
    fits = {name: {"of": "test_loss", "law": "power", "window": "auto"} | fit for name, fit in FITS.items()}
    none = {"against": None, "window": None, "predicted": None}
    fits["agreement"] = {"of": "test_loss", "law": "relative_difference", "where": {"modes": 4000.0}} | none
    swept = ("modes", "width", "samples", "label_noise")
    return {"study": "sums", "title": "Sums of power laws", "fits": fits, "frontier": FRONTIER, "swept": swept}


def _both(seeds, **parameters):
    """Theory and simulations of one point."""
    return [_curve("theory", **parameters), *(_curve("simulation", seed, **parameters) for seed in range(seeds))]


def _curve(kind, seed=None, **changes):
    """Rows of one curve of the curves table."""
    parameters = {"spectrum": "power_law", "capacity": 1.25, "source": 0.4, "modes": 1e8, "width": INF, "samples": INF}
    parameters |= {"label_noise": 0.0, "ensemble": 1.0, "bags": 1.0, "optimizer": "gradient_flow"}
    parameters |= dict.fromkeys(("learning_rate", "momentum", "inertia", "batch"), np.nan) | changes
    width, samples, noise = parameters["width"], parameters["samples"], parameters["label_noise"] ** 2
    times = _stepped(kind, parameters["learning_rate"])
    decay = (1 + times) ** TIME
    over_width, over_samples = (0.5 + 0.5 / parameters[average] for average in ("ensemble", "bags"))
    scatter = 1.0 if seed is None else np.exp(0.2 * np.random.default_rng(seed).normal())
    columns = {
        "study": "sums",
        "model": "random_features",
        "kind": kind,
        "point": hashlib.sha256(repr(sorted(parameters.items())).encode()).hexdigest()[:12],
        "seed": np.nan if seed is None else float(seed),
        **parameters,
        "time": times,
        "steps": times / parameters["learning_rate"],
        "compute": width * times,
        "test_loss": (over_width * width**SIZE + over_samples * samples**SIZE + decay + noise * (1 - decay)) * scatter,
        "train_loss": (decay + noise) * scatter if np.isfinite(samples) else np.nan,
        "status": "ok",
    }
    return pd.DataFrame(columns).astype({"modes": float, "capacity": float, "source": float})


def _stepped(kind, learning_rate):
    """The times of a curve: of an optimizer that takes steps whole ones, without a limit where they are simulated."""
    if np.isnan(learning_rate):
        return TIMES
    steps = np.unique(np.maximum(1, np.round(TIMES[TIMES < 1e3] / learning_rate)))
    return learning_rate * (np.append(steps, INF) if kind == "theory" else steps)


def _spectrum():
    index = np.arange(1.0, 65)
    frames = []
    for resample in (None, *range(10)):
        factor = 1.0 if resample is None else np.exp(0.1 * np.random.default_rng(resample).normal(size=64))
        columns = {"index": index, "eigenvalue": index**-1.5 * factor, "task_power": index**-2.0 * factor}
        frames.append(pd.DataFrame({"resample": pd.array([resample] * 64, dtype="Int64")} | columns))
    return pd.concat(frames, ignore_index=True)


def _spectrum_fits():
    shared = {"fit": "spectrum", "kind": None, "law": "power", "status": "ok", "window_low": 2.0, "window_high": 20.0}
    values = {"capacity": (1.5, 1.4, 1.6), "source": (2 / 3, 0.6, 0.7)}
    return pd.DataFrame(
        [shared | {"parameter": name, "value": v, "low": low, "high": high} for name, (v, low, high) in values.items()]
    )
