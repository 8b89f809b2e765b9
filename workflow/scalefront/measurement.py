"""The spectrum of a study that brings its own: measured on real rows, or read from a table of eigenvalues."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront import tables
from scalefront.datasets import measure, measure_resampled, read_spectrum, read_table
from scalefront.spectra import Spectrum, from_columns

RESAMPLES = 200
SPECTRUM_SCHEMA = {"resample": "Int64", **dict.fromkeys(("index", "eigenvalue", "task_power"), "float64")}


class Measured(NamedTuple):
    """A measured spectrum and the standard deviation of what no linear function of the features explains."""

    spectrum: Spectrum
    noise: float


def measured_table(kind, path, target, seed):
    """Columns resample (null: as measured), index, eigenvalue, task_power; and {"noise_variance": ..., "rows": ...}.

    Parameters
    ----------
    kind : "data" (features and targets) or "table" (eigenvalues and task powers)
    path, target : the file, and the column or array to learn
    seed : of the resampling of rows
    """
    if kind == "table":
        spectrum = read_spectrum(path)
        return _rows(None, spectrum.eigenvalue, spectrum.task_power), {"noise_variance": 0.0, "rows": None}
    features, wanted = read_table(path, target)
    found = measure(features, wanted)
    resampled = measure_resampled(features, wanted, RESAMPLES, seed)
    frames = [_rows(None, found.eigenvalue, found.task_power)]
    frames += [_rows(n, *pair) for n, pair in enumerate(zip(*resampled[:2], strict=True))]
    return pd.concat(frames, ignore_index=True), {
        "noise_variance": float(found.noise_variance),
        "rows": int(found.rows),
    }


def read_measured(path):
    """The Measured spectrum in a table that ``measured_table`` made."""
    frame = tables.read(path, "spectrum")
    frame = frame[frame["resample"].isna() & (frame["eigenvalue"] > 0)]
    noise = tables.read_metadata(path)["noise_variance"]
    return Measured(from_columns(frame["eigenvalue"].to_numpy(), frame["task_power"].to_numpy()), float(np.sqrt(noise)))


def _rows(resample, eigenvalue, task_power):
    count = len(eigenvalue)
    return pd.DataFrame(
        {
            "resample": pd.array([resample] * count, dtype="Int64"),
            "index": np.arange(1.0, count + 1),
            "eigenvalue": np.asarray(eigenvalue, float),
            "task_power": np.asarray(task_power, float),
        }
    )
