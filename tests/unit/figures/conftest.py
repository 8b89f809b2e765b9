"""Tables of a study with known curves: L = N^-1/2 + P^-1/2 + (1 + t)^-0.4, scattered where seeds are drawn."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table

INF = np.inf
SIZE, TIME = -0.5, -0.4
TIMES = np.append(np.geomspace(0.1, 1e6, 36), INF)
WHERE = {"kind": "theory", "modes": 1e8}
FITS = {
    "time_exponent": {"against": "time", "where": WHERE | {"width": INF, "samples": INF}, "predicted": TIME},
    "width_exponent": {"against": "width", "where": WHERE | {"samples": INF, "time": INF}, "predicted": SIZE},
    "samples_exponent": {"against": "samples", "where": WHERE | {"width": INF, "time": INF}, "predicted": SIZE},
}
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
    parameters |= {"label_noise": 0.0, "optimizer": "gradient_flow"} | changes
    width, samples, noise = parameters["width"], parameters["samples"], parameters["label_noise"] ** 2
    decay = (1 + TIMES) ** TIME
    scatter = 1.0 if seed is None else np.exp(0.2 * np.random.default_rng(seed).normal())
    columns = {
        "study": "sums",
        "model": "random_features",
        "kind": kind,
        "point": hashlib.sha256(repr(sorted(parameters.items())).encode()).hexdigest()[:12],
        "seed": np.nan if seed is None else float(seed),
        **parameters,
        "time": TIMES,
        "steps": np.nan,
        "compute": width * TIMES,
        "test_loss": (width**SIZE + samples**SIZE + decay + noise * (1 - decay)) * scatter,
        "train_loss": (decay + noise) * scatter if np.isfinite(samples) else np.nan,
        "status": "ok",
    }
    return pd.DataFrame(columns).astype({"modes": float, "capacity": float, "source": float})


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
