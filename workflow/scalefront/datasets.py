"""Real data: tables of features and a target, and the spectrum measured on them."""

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scalefront.atomic import atomic
from scalefront.errors import StudyError
from scalefront.foreign import open_table
from scalefront.spectra import from_columns

FEWEST_ROWS = 10
SMALLEST_RANGE = 1e-100  # of a feature, a target or a spectrum: its square is not 0
SMALLEST_EIGENVALUE = 1e-12  # of the largest; below, an eigenvalue of a covariance is rounding noise


class WhiteRows(NamedTuple):
    """Rows of a table in the eigenbasis of their covariance, each coordinate with mean 0 and variance 1.

    Attributes
    ----------
    coordinates : (n, d) whitened features
    eigenvalue : (d,) of the covariance, descending, in the features' units squared
    coefficient : (d,) of the least-squares fit, target = mean + coordinates @ coefficient + residual
    residual : (n,) what no linear function of the features explains
    """

    coordinates: np.ndarray
    eigenvalue: np.ndarray
    coefficient: np.ndarray
    residual: np.ndarray

    @property
    def noise_variance(self):
        """Mean square of the residual."""
        return float(np.mean(self.residual**2))


class MeasuredSpectrum(NamedTuple):
    """Spectrum of a table, or R resampled ones with one more leading axis.

    Attributes
    ----------
    eigenvalue : (M,) of the features' covariance as measured, so that times are in 1/(the features' units squared)
    task_power : (M,) lambda_k w_k^2 with w the least-squares coefficients; noise adds noise_variance/rows to each
    noise_variance : mean square of what the features do not explain
    rows : number of rows of the table
    """

    eigenvalue: np.ndarray
    task_power: np.ndarray
    noise_variance: float | np.ndarray
    rows: int


def whiten(features, target):
    """Centre features (n, M) and target (n,) and rotate and scale the features to unit covariance (divisor n)."""
    centred = features - features.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    eigenvalue = singular**2 / len(features)
    kept = eigenvalue > SMALLEST_EIGENVALUE * eigenvalue[0]
    coordinates = left[:, kept] * np.sqrt(len(features))
    target = target - target.mean()
    coefficient = coordinates.T @ target / len(features)
    return WhiteRows(coordinates, eigenvalue[kept], coefficient, target - coordinates @ coefficient)


def measure(features, target):
    """Measured spectrum of features (n, M) and target (n,); eigenvalues below 1e-12 of the largest are dropped."""
    rows = whiten(features, target)
    return MeasuredSpectrum(rows.eigenvalue, rows.coefficient**2, rows.noise_variance, len(features))


def measure_resampled(features, target, resamples, seed):
    """Spectra of ``resamples`` bootstrap tables, rows drawn with replacement: eigenvalue and task_power (R, M).

    M is that of the whole table; an eigenvalue that a resample lacks is 0, and so is its task power.
    """
    rng = np.random.default_rng(seed)
    modes = len(whiten(features, target).eigenvalue)
    eigenvalue, task_power = np.zeros((2, resamples, modes))
    noise_variance = np.zeros(resamples)
    for number in range(resamples):
        chosen = rng.integers(len(features), size=len(features))
        resampled = measure(features[chosen], target[chosen])
        found = len(resampled.eigenvalue[:modes])
        eigenvalue[number, :found] = resampled.eigenvalue[:modes]
        task_power[number, :found] = resampled.task_power[:modes]
        noise_variance[number] = resampled.noise_variance
    return MeasuredSpectrum(eigenvalue, task_power, noise_variance, len(features))


def read_table(path, target):
    """Features (n, M) and target (n,) of a table, float64.

    Parameters
    ----------
    path : ``.csv`` (with a header) or ``.parquet``, where all columns but the target are features; or ``.npz`` with the
        features in the array ``features`` or ``X``, or in its only two-dimensional array
    target : name of the target's column or array

    Raises
    ------
    StudyError : no such file, another format, no such target, fewer than 10 rows or 2 features, an entry that is no
        finite number, a constant target, or features that are all constant.
    """
    table = open_table(path)
    if target not in table.columns:
        raise StudyError(path, "target", target, f"one of {_listed(table.columns)}")
    (values,) = table.numbers([target])
    if values.ndim != 1:
        raise StudyError(path, target, f"shape {values.shape}", "a list of numbers")
    features = _features(table, target)
    if len(values) < FEWEST_ROWS:
        raise StudyError(path, "rows", len(values), f"at least {FEWEST_ROWS}")
    if features.shape[1] < 2:
        raise StudyError(path, "features", features.shape[1], "at least 2 columns beside the target")
    if np.ptp(values) < SMALLEST_RANGE:
        raise StudyError(path, target, float(values[0]), f"a target that varies, by at least {SMALLEST_RANGE:g}")
    if np.ptp(features, axis=0).max() < SMALLEST_RANGE:
        allowed = f"at least one feature that varies, by at least {SMALLEST_RANGE:g}"
        raise StudyError(path, "features", None, allowed)
    return features, values


def read_spectrum(path):
    """Spectrum of a table (.csv, .parquet or .npz) with columns eigenvalue (> 0) and task_power (>= 0).

    Raises
    ------
    StudyError : no such file, another format, a missing or empty column, an entry that is no finite number or negative.
    """
    table = open_table(path)
    for name in ("eigenvalue", "task_power"):
        if name not in table.columns:
            raise StudyError(path, name, None, f"missing; the table has {_listed(table.columns)}")
    eigenvalue, task_power = table.numbers(["eigenvalue", "task_power"])
    if eigenvalue.ndim != 1 or eigenvalue.shape != task_power.shape or not eigenvalue.size:
        shapes = f"shapes {eigenvalue.shape} and {task_power.shape}"
        raise StudyError(path, "eigenvalue, task_power", shapes, "two lists of one length, at least 1")
    if np.any(eigenvalue <= 0):
        raise StudyError(path, "eigenvalue", float(eigenvalue.min()), "greater than 0")
    if eigenvalue.max() < SMALLEST_RANGE:
        allowed = f"the largest is at least {SMALLEST_RANGE:g}"
        raise StudyError(path, "eigenvalue", float(eigenvalue.max()), allowed)
    if np.any(task_power < 0) or task_power.max() < SMALLEST_RANGE:
        allowed = f"at least 0, and not all of them 0 (below {SMALLEST_RANGE:g})"
        raise StudyError(path, "task_power", float(task_power.min()), allowed)
    return from_columns(eigenvalue, task_power)


def export_digits(path):
    """Write scikit-learn's 1797 bundled digits to ``path`` (.npz), the same bytes every time.

    Arrays, float64: ``features`` (1797, 64), pixels in [0, 1]; the targets ``parity`` (+1 even, -1 odd) and ``half``
    (+1 for digits below 5, else -1).
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    sign = {"parity": digits.target % 2 == 0, "half": digits.target < 5}
    arrays = {name: np.where(positive, 1.0, -1.0) for name, positive in sign.items()}
    _write_npz(Path(path), {"features": digits.data / 16.0, **arrays})


EXPORTS = {"digits": export_digits}  # the data sets that a study may name instead of a file


def _write_npz(path, arrays):
    """numpy.savez with fixed dates, so that the same arrays are the same bytes."""
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, buffer.getvalue())


def _features(table, target):
    """The feature matrix (n, M) beside the column or array ``target``: an array, or all other columns side by side."""
    rows = table.columns[target].shape[0]
    others = {name: column for name, column in table.columns.items() if name != target}
    if table.path.suffix != ".npz":
        return np.column_stack(table.numbers(list(others)) or [np.empty((rows, 0))])
    matrices = [name for name, array in others.items() if len(array.shape) == 2]
    named = [name for name in ("features", "X") if name in others]
    if not named and len(matrices) != 1:
        allowed = f"an array features or X (n, M); the file has {_listed(others)}"
        raise StudyError(table.path, "features", None, allowed)
    name = (named or matrices)[0]
    (features,) = table.numbers([name])
    if features.ndim != 2 or len(features) != rows:
        allowed = f"({rows}, M), one row an entry of the target"
        raise StudyError(table.path, name, f"shape {features.shape}", allowed)
    return features


def _listed(names, most=12):
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
