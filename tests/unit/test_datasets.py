import zipfile

import numpy as np
import pandas
import pytest
from scalefront import datasets

from tests.unit.rows import frame, refusal, rows


@pytest.fixture
def table():
    return rows()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_every_format_holds_the_same_table(suffix, table, tmp_path):
    features, target = table
    path = tmp_path / f"table{suffix}"
    if suffix == ".csv":
        frame(*table).to_csv(path, index=False)
    elif suffix == ".parquet":
        frame(*table).to_parquet(path)
    else:
        np.savez(path, X=features, y=target)
    read_features, read_target = datasets.read_table(path, "y")
    np.testing.assert_array_equal(read_features, features)
    np.testing.assert_array_equal(read_target, target)


@pytest.mark.parametrize("name", ["features", "X", "pixels"])
def test_the_matrix_of_an_archive_may_have_a_name_of_its_own(name, table, tmp_path):
    np.savez(tmp_path / "t.npz", **{name: table[0], "y": table[1], "other": table[1]})
    np.testing.assert_array_equal(datasets.read_table(tmp_path / "t.npz", "y")[0], table[0])


def test_whole_numbers_and_truth_values_are_numbers(tmp_path):
    frame(np.arange(36).reshape(12, 3), np.arange(12) % 2 == 0).to_csv(tmp_path / "t.csv", index=False)
    features, target = datasets.read_table(tmp_path / "t.csv", "y")
    assert features.dtype == target.dtype == np.float64
    np.testing.assert_array_equal(target, np.tile([1.0, 0.0], 6))


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("a,b,z\n" + "1,2,3\n" * 12, "target", "one of a, b, z"),
        ("a,b,y\n" + "1,x,3\n" * 12, "b", "numbers"),
        ("a,b,y\n" + "1,2,high\n" * 12, "y", "numbers"),
        ("a,b,y\n" + "1,2,3\n" * 11 + "1,,3\n", "b[11]", "finite"),
        ("a,b,y\n" + "1,2,3\n" * 11 + "1,2,inf\n", "y[11]", "finite"),
        ("a,b,y\n" + "1,2,3\n2,3,4\n" * 4, "rows", "at least 10"),
        ("a,y\n" + "1,2\n2,3\n" * 6, "features", "at least 2"),
        ("y\n" + "1\n2\n" * 6, "features", "at least 2"),
        ("a,b,y\n" + "1,2,3\n2,5,3\n" * 6, "y", "varies"),
        ("a,b,y\n" + "1,2,3\n1,2,4\n" * 6, "features", "varies"),
        ("", "", "not readable"),
        ("a,b,b\n" + "1,2,3\n2,3,4\n" * 6, "", "twice"),
        ("a,b,y\n" + "1,2,3,4\n" * 12, "", "more fields than the header"),
        ("a,b,y\n" + "1,2,3\n" * 6 + "1,2,3,4\n", "", "not readable"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_place(text, key, allowed, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text)
    error = refusal(datasets.read_table, path, "y")
    assert error.file == str(path)
    assert error.key == key
    assert allowed in error.allowed
    assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["gone.csv", "gone.parquet", "gone.npz"])
def test_a_missing_file_is_refused(name, tmp_path):
    assert "no such file" in refusal(datasets.read_table, tmp_path / name, "y").allowed


@pytest.mark.parametrize("name", ["table.txt", "table", "table.CSV.gz"])
def test_another_format_is_refused(name, tmp_path):
    (tmp_path / name).write_text("a,b,y\n")
    assert ".csv, .parquet, .npz" in refusal(datasets.read_table, tmp_path / name, "y").allowed


@pytest.mark.parametrize("name", ["table.csv", "table.parquet", "table.npz"])
def test_a_broken_file_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"\xff\xfe\x00 no table")
    assert "not readable" in refusal(datasets.read_table, tmp_path / name, "y").allowed


@pytest.mark.parametrize(
    ("arrays", "key"),
    [
        ({"X": np.ones((12, 3))}, "target"),
        ({"y": np.arange(12.0), "v": np.arange(12.0)}, "features"),
        ({"y": np.arange(12.0), "u": np.ones((12, 3)), "v": np.ones((12, 3))}, "features"),
        ({"y": np.arange(12.0), "X": np.ones((11, 3))}, "X"),
        ({"y": np.arange(12.0), "X": np.arange(12.0)}, "X"),
        ({"y": np.arange(12.0), "X": np.full((12, 3), "1")}, "X"),
        ({"y": np.arange(12.0), "X": np.full((12, 3), 1j)}, "X"),
        ({"y": np.arange(12.0)[:, None], "X": np.ones((12, 3))}, "y"),
        ({"y": np.arange(12.0), "X": np.full((12, 3), np.nan)}, "X[0, 0]"),
        ({"y": np.array([{}] * 12), "X": np.ones((12, 3))}, ""),  # pickled objects are never loaded
    ],
)
def test_an_archive_that_cannot_be_used_is_refused_with_the_array(arrays, key, tmp_path):
    np.savez(tmp_path / "t.npz", **arrays)
    assert refusal(datasets.read_table, tmp_path / "t.npz", "y").key == key


@pytest.mark.parametrize("scale", [1e-103, 1e-300])
def test_values_whose_squares_are_zero_are_refused(scale, table, tmp_path):
    features, target = table
    for one, other in ((scale, 1.0), (1.0, scale)):
        np.savez(tmp_path / "t.npz", X=(features - 5) * one, y=target * other)
        assert "by at least 1e-100" in refusal(datasets.read_table, tmp_path / "t.npz", "y").allowed
        np.savez(tmp_path / "s.npz", eigenvalue=[one], task_power=[other])
        assert "1e-100" in refusal(datasets.read_spectrum, tmp_path / "s.npz").allowed


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_spectrum_is_read_from_every_format_and_sorted(suffix, tmp_path):
    columns = {"eigenvalue": np.array([0.5, 2.0, 1.0]), "task_power": np.array([3.0, 1.0, 0.0])}
    path = tmp_path / f"spectrum{suffix}"
    write = {".csv": pandas.DataFrame.to_csv, ".parquet": pandas.DataFrame.to_parquet}
    if suffix in write:
        write[suffix](pandas.DataFrame(columns), path, index=False)
    else:
        np.savez(path, **columns)
    spectrum = datasets.read_spectrum(path)
    np.testing.assert_array_equal(spectrum.eigenvalue, [2.0, 1.0, 0.5])
    np.testing.assert_array_equal(spectrum.task_power, [1.0, 0.0, 3.0])
    np.testing.assert_array_equal(spectrum.multiplicity, 1)
    assert spectrum.modes == 3


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("eigenvalue\n1\n", "task_power", "missing"),
        ("task_power\n1\n", "eigenvalue", "missing"),
        ("eigenvalue,task_power\n", "eigenvalue", ""),
        ("eigenvalue,task_power\n1,x\n", "task_power", "numbers"),
        ("eigenvalue,task_power\n1,\n", "task_power[0]", "finite"),
        ("eigenvalue,task_power\n1,1\n-1,1\n", "eigenvalue", "greater than 0"),
        ("eigenvalue,task_power\n1,1\n0,1\n", "eigenvalue", "greater than 0"),
        ("eigenvalue,task_power\n1,-1\n", "task_power", "at least 0"),
        ("eigenvalue,task_power\n1,0\n", "task_power", "not all"),
    ],
)
def test_a_spectrum_that_cannot_be_used_is_refused_with_the_place(text, key, allowed, tmp_path):
    path = tmp_path / "spectrum.csv"
    path.write_text(text)
    error = refusal(datasets.read_spectrum, path)
    assert error.key.startswith(key)
    assert allowed in error.allowed


def test_measured_spectrum_is_that_of_covariance_and_least_squares(table):
    features, target = table
    measured = datasets.measure(features, target)
    centred = features - features.mean(axis=0)
    eigenvalue, axes = np.linalg.eigh(np.cov(centred.T, bias=True))
    weights, squares, *_ = np.linalg.lstsq(centred, target - target.mean())
    np.testing.assert_allclose(measured.eigenvalue, eigenvalue[::-1], rtol=1e-12)
    np.testing.assert_allclose(measured.task_power, (eigenvalue * (axes.T @ weights) ** 2)[::-1], rtol=1e-10)
    assert measured.noise_variance == pytest.approx(squares[0] / 40, rel=1e-10)
    assert measured.rows == 40


def test_task_power_and_noise_add_up_to_the_variance_of_the_target(table):
    measured = datasets.measure(*table)
    assert measured.task_power.sum() + measured.noise_variance == pytest.approx(np.var(table[1]), rel=1e-12)


def test_features_that_repeat_others_add_no_mode(table):
    features, target = table
    doubled = np.column_stack([features, features[:, :2], np.full(40, 7.0)])
    assert len(datasets.measure(doubled, target).eigenvalue) == 3


def test_more_features_than_rows_explain_the_target_but_for_its_mean():
    rng = np.random.default_rng(1)
    measured = datasets.measure(rng.standard_normal((12, 30)), rng.standard_normal(12))
    assert len(measured.eigenvalue) == 11
    assert measured.noise_variance < 1e-20


def test_white_rows_are_white_and_add_up_to_the_target(table):
    features, target = table
    rows = datasets.whiten(features, target)
    np.testing.assert_allclose(rows.coordinates.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(rows.coordinates.T @ rows.coordinates / 40, np.eye(3), atol=1e-13)
    total = target.mean() + rows.coordinates @ rows.coefficient + rows.residual
    np.testing.assert_allclose(total, target, rtol=1e-13)


def test_resampled_spectra_scatter_as_independent_tables_do():
    # eigenvalues of a Gaussian covariance: standard deviation lambda sqrt(2/n) (Anderson, 1963)
    rng = np.random.default_rng(2)
    features, rows = rng.standard_normal((2000, 3)) * [4.0, 2.0, 1.0], 2000
    resampled = datasets.measure_resampled(features, features[:, 0] + rng.standard_normal(rows), 400, seed=0)
    assert resampled.eigenvalue.shape == resampled.task_power.shape == (400, 3)
    spread = resampled.eigenvalue.std(axis=0) / resampled.eigenvalue.mean(axis=0)
    # 400 resamples know a deviation to 3.5 %, and one table's kurtosis moves it by about 5 %
    np.testing.assert_allclose(spread, np.sqrt(2 / rows), rtol=0.2)
    assert resampled.noise_variance == pytest.approx(1.0, rel=0.2)


def test_resampling_follows_its_seed(table):
    first, again, other = (datasets.measure_resampled(*table, 3, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.task_power, again.task_power)
    assert np.all(first.eigenvalue != other.eigenvalue)


def test_a_mode_that_a_resample_lacks_is_zero():
    features = np.column_stack([np.arange(12.0), np.eye(12)[0]])
    resampled = datasets.measure_resampled(features, np.arange(12.0) ** 2, 50, seed=0)
    assert np.any(resampled.eigenvalue[:, 1] == 0)
    assert np.all(np.isfinite(resampled.task_power))


def test_digits_are_the_same_bytes_every_time(tmp_path):
    for name in ("first.npz", "second.npz"):
        datasets.export_digits(tmp_path / name)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.npz", "second.npz"]


def test_digits_have_two_balanced_targets(tmp_path):
    datasets.export_digits(tmp_path / "digits.npz")
    digits = np.load(tmp_path / "digits.npz", allow_pickle=False)["features"]
    for target in ("parity", "half"):
        features, sign = datasets.read_table(tmp_path / "digits.npz", target)
        np.testing.assert_array_equal(features, digits)
        np.testing.assert_array_equal(np.unique(sign), [-1.0, 1.0])
        assert abs(sign.mean()) < 0.02
    assert digits.shape == (1797, 64)
    assert (digits.min(), digits.max()) == (0.0, 1.0)
    # the first ten digits of the set are 0 .. 9
    np.testing.assert_array_equal(datasets.read_table(tmp_path / "digits.npz", "half")[1][:10], [1] * 5 + [-1] * 5)


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(np.lib.format, "write_array", fail)
    with pytest.raises(OSError, match="disk full"):
        datasets.export_digits(tmp_path / "digits.npz")
    assert not list(tmp_path.iterdir())
