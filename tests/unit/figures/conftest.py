"""Tables of a study with known curves: L = N^-1/2 + P^-1/2 + (1 + t)^-0.4, with noise where seeds are drawn."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table

WIDTH, SAMPLES, TIME = -0.5, -0.5, -0.4
TIMES = np.append(np.geomspace(0.1, 1e6, 36), np.inf)
INF = np.inf


def loss(width, samples, time, label_noise):
    return width**WIDTH + samples**SAMPLES + (1 + time) ** TIME + label_noise**2 * (1 - (1 + time) ** TIME)


def curve(kind, seed=None, modes=1e8, width=INF, samples=INF, label_noise=0.0, spectrum="power_law"):
    """Rows of one curve of the curves table."""
    test_loss = loss(width, samples, TIMES, label_noise)
    train_loss = np.full(len(TIMES), np.nan)
    if np.isfinite(samples):
        train_loss = (1 + TIMES) ** TIME + label_noise**2
    if seed is not None:
        rng = np.random.default_rng([seed, int(min(width, 1e6)), int(min(samples, 1e6))])
        test_loss, train_loss = test_loss * np.exp(0.2 * rng.normal()), train_loss * np.exp(0.1 * rng.normal())
    point = hashlib.sha256(repr((modes, width, samples, label_noise)).encode()).hexdigest()[:12]
    parameters = {"spectrum": spectrum, "capacity": 1.25, "source": 0.4, "modes": modes, "width": width}
    if spectrum != "power_law":
        parameters |= {"capacity": np.nan, "source": np.nan, "modes": np.nan}
    parameters |= {"samples": samples, "label_noise": label_noise, "optimizer": "gradient_flow"}
    measured = {
        "time": TIMES,
        "steps": np.nan,
        "compute": width * TIMES,
        "test_loss": test_loss,
        "train_loss": train_loss,
    }
    leading = {"study": "closed_form", "model": "random_features", "kind": kind, "point": point, "seed": seed}
    return pd.DataFrame(leading | parameters | measured | {"status": "ok"}).astype({"seed": "float64"})


def both(seeds, **parameters):
    """Theory and simulations of one point."""
    return [curve("theory", **parameters), *(curve("simulation", seed, **parameters) for seed in range(seeds))]


WHERE = {"kind": "theory", "modes": 1e8}
FITS = {
    "time_exponent": {"against": "time", "where": WHERE | {"width": INF, "samples": INF}, "predicted": TIME},
    "width_exponent": {"against": "width", "where": WHERE | {"samples": INF, "time": INF}, "predicted": WIDTH},
    "samples_exponent": {"against": "samples", "where": WHERE | {"width": INF, "time": INF}, "predicted": SAMPLES},
}
# at fixed C = N t: d/dN of N^-1/2 + (N/C)^0.4 = 0, so that N^0.9 ~ C^0.4
FRONTIER = {
    "size": "width",
    "compute": ["width", "time"],
    "where": WHERE | {"samples": INF},
    "methods": ["envelope"],
    "predicted": {"size_exponent": 4 / 9, "time_exponent": 5 / 9, "loss_exponent": -2 / 9},
}


def settings(figure, **changes):
    """Settings of one figure as the workflow gives them."""
    fits = {name: {"of": "test_loss", "law": "power", "window": "auto"} | fit for name, fit in FITS.items()}
    fits["agreement"] = {
        "of": "test_loss",
        "law": "relative_difference",
        "where": {"modes": 4000.0},
        "against": None,
        "window": None,
        "predicted": None,
    }
    given = {
        "study": "closed_form",
        "figure": figure,
        "title": "Sums of power laws",
        "fits": fits,
        "frontier": FRONTIER,
    }
    return given | {"swept": ("modes", "width", "samples", "label_noise")} | changes


@pytest.fixture(scope="session")
def tables():
    """Curves, fits and frontier of a study like the default ones, and a measured spectrum k^-1.5 with T_k = k^-2."""
    return study_tables()


def study_tables():
    curves = []
    for size in (32.0, 64.0, 128.0, 256.0):
        curves += both(6, modes=4000.0, width=size) + both(6, modes=4000.0, samples=size)
    curves += both(8, modes=1000.0, width=100.0, samples=200.0, label_noise=0.5)
    curves += [curve("theory", width=float(width)) for width in np.geomspace(8, 1e6, 24).round()]
    curves += [curve("theory", samples=float(samples)) for samples in np.geomspace(10, 1e6, 16).round()]
    table = pd.concat([*curves, curve("theory")], ignore_index=True)
    asked = settings("")
    fits, frontier = fit_table(table, asked["fits"], FRONTIER)
    return {"curves": table, "fits": pd.concat([fits, spectrum_fits()]), "frontier": frontier, "spectrum": spectrum()}


def spectrum():
    """A spectrum as measured and ten times resampled."""
    index = np.arange(1.0, 65)
    frames = []
    for resample in (None, *range(10)):
        factor = 1.0 if resample is None else np.exp(0.1 * np.random.default_rng(resample).normal(size=64))
        columns = {"index": index, "eigenvalue": index**-1.5 * factor, "task_power": index**-2.0 * factor}
        frames.append(pd.DataFrame({"resample": pd.array([resample] * 64, dtype="Int64")} | columns))
    return pd.concat(frames, ignore_index=True)


def spectrum_fits():
    """Rows of the fits table as a measured spectrum adds them."""
    shared = {"fit": "spectrum", "kind": None, "law": "power", "status": "ok", "window_low": 2.0, "window_high": 20.0}
    values = {"capacity": (1.5, 1.4, 1.6), "source": (2 / 3, 0.6, 0.7)}
    rows = [
        shared | {"parameter": name, "value": v, "low": low, "high": high} for name, (v, low, high) in values.items()
    ]
    return pd.DataFrame(rows)
