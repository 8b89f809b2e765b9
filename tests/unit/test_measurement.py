"""The spectrum of a study that brings its own, as the table between the jobs."""

import numpy as np
import pytest
from scalefront.datasets import export_digits
from scalefront.measurement import RESAMPLES, measured_table, read_measured
from scalefront.tables import write


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    export_digits(path)
    return path


def test_the_measured_spectrum_and_its_noise_carry_the_whole_variance_of_the_target(digits, tmp_path):
    table, noise = measured_table("data", digits, "parity", seed=0)
    assert table["resample"].nunique() == RESAMPLES and noise["rows"] == 1797
    write(tmp_path / "spectrum.parquet", table, noise)
    spectrum, sigma = read_measured(tmp_path / "spectrum.parquet")
    target = np.load(digits, allow_pickle=False)["parity"]
    assert spectrum.initial_loss + sigma**2 == pytest.approx(target.var(), rel=1e-12)
    assert spectrum.trace == pytest.approx(np.load(digits, allow_pickle=False)["features"].var(axis=0).sum(), rel=1e-9)


def test_a_table_of_eigenvalues_is_read_as_it_is(tmp_path):
    np.savez(tmp_path / "s.npz", eigenvalue=[0.5, 2.0, 1.0], task_power=[0.1, 0.3, 0.2])
    table, noise = measured_table("table", tmp_path / "s.npz", None, seed=0)
    write(tmp_path / "spectrum.parquet", table, noise)
    spectrum, sigma = read_measured(tmp_path / "spectrum.parquet")
    assert spectrum.eigenvalue.tolist() == [2.0, 1.0, 0.5]
    assert spectrum.task_power.tolist() == [0.3, 0.2, 0.1]
    assert sigma == 0.0
