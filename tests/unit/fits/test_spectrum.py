"""Capacity and source of measured spectra."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.spectrum import ROWS, spectrum_rows

CAPACITY, SOURCE, MODES = 1.5, 0.6, 1000
INDEX = np.arange(1.0, MODES + 1)


def table(eigenvalue, task_power, resample=None):
    return pd.DataFrame(
        {
            "resample": pd.array([resample] * len(eigenvalue), dtype="Int64"),
            "index": np.arange(1.0, len(eigenvalue) + 1),
            "eigenvalue": eigenvalue,
            "task_power": task_power,
        }
    )


def power_law_table():
    """Eigenvalues k^-capacity, and task powers whose tail sum_{l>k} T_l is exactly k^-(capacity source)."""
    tail = np.append(INDEX ** -(CAPACITY * SOURCE), 0.0)
    return table(np.append(INDEX**-CAPACITY, (MODES + 1.0) ** -CAPACITY), -np.diff(tail, prepend=2.0))


def resampled(noise, count=100):
    rng = np.random.default_rng(0)
    exact = power_law_table()
    frames = [exact]
    for number in range(count):
        factor = np.exp(noise * rng.standard_normal(2))
        slopes = exact["index"].to_numpy() ** (noise * rng.standard_normal())
        frames.append(table(exact["eigenvalue"] * slopes * factor[0], exact["task_power"] * factor[1], number))
    return pd.concat(frames, ignore_index=True)


def test_capacity_and_source_of_an_exact_power_law():
    capacity, source = spectrum_rows(power_law_table(), rows=None)
    assert capacity["status"] == source["status"] == "ok"
    assert capacity["value"] == pytest.approx(CAPACITY, rel=1e-9)
    assert source["value"] == pytest.approx(SOURCE, rel=1e-9)
    assert capacity["interval"] == "sub-windows"


def test_the_interval_of_a_sample_holds_the_scatter_of_its_rows():
    capacity, source = spectrum_rows(resampled(0.1), rows=500)
    assert capacity["interval"] == source["interval"] == ROWS
    assert capacity["low"] < CAPACITY - 0.1 and capacity["high"] > CAPACITY + 0.1  # two standard deviations of 0.1
    assert source["low"] < SOURCE < source["high"]


def test_a_bent_spectrum_has_no_automatic_window_but_one_that_is_given():
    bent = power_law_table()
    bent["eigenvalue"] = np.exp(-((np.log(bent["index"]) + 1) ** 2))
    capacity, source = spectrum_rows(bent, rows=None)
    assert capacity["status"] == source["status"] == "no_window"
    assert "steady" in capacity["left_out_because"]
    capacity, source = spectrum_rows(bent, rows=None, window=(10.0, 100.0))
    assert capacity["status"] == "ok"
    # d log lambda / d log k = -2 (log k + 1): the slopes of the two ends bound that of any sub-window
    assert 2 * (np.log(10) + 1) < capacity["low"] < capacity["high"] < 2 * (np.log(100) + 1)
    assert capacity["high"] - capacity["low"] > 1
