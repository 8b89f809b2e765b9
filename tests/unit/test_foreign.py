"""Tables that others made: what they declare is checked before memory is taken, and nothing of them is unpickled."""

import os
import tracemalloc
import zipfile

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from scalefront import datasets, foreign

from tests.unit.rows import frame, refusal, rows


@pytest.fixture
def table():
    return rows()


class Trap:
    """An object whose unpickling makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def zipped(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(shape, descr="<f8", content=b""):
    """A .npy file that declares ``shape`` and holds ``content``."""
    head = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + content


def test_pickled_objects_are_refused_and_never_loaded(tmp_path):
    made = tmp_path / "made"
    np.savez(tmp_path / "t.npz", y=np.arange(12.0), X=np.ones((12, 3)), other=np.array([Trap(made)]))
    with np.load(tmp_path / "t.npz", allow_pickle=True) as arrays:  # the trap works
        assert len(arrays["other"]) == 1 and made.is_dir()
    made.rmdir()
    for read in (lambda path: datasets.read_table(path, "y"), datasets.read_spectrum):
        assert "pickled objects, which are never read" in refusal(read, tmp_path / "t.npz").allowed
    assert not made.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy((10**15,)), "declares the shape (1000000000000000,), which it does not hold"),
        (npy((2**32, 2**32)), "which it does not hold"),
        (npy((-1,)), "which it does not hold"),
        (npy((10**9,), "|u1", bytes(100)), "which it does not hold"),
        (npy((12,), "<U100000000"), "which it does not hold"),
        (npy((12,), "|O", bytes(96)), "pickled objects, which are never read"),
        (npy((12,), [("x", "|O")], bytes(96)), "pickled objects, which are never read"),
        (npy((12,), "no type", bytes(96)), "not readable as .npz"),
        (npy((12,), content=bytes(8)), "which it does not hold"),
        (b"\x93NUMPY\x01\x00\x60\x1b" + b"-" * 7008, "Header info length (7008) is large"),
        (b"\x93NUMPY\x03\x00\x01\x00\x00\x00 ", "a header that arrays of numbers do not have"),
        (b"text", "not readable as .npz"),
        (b"", "not readable as .npz"),
    ],
)
def test_an_array_that_declares_what_it_is_not_is_refused_before_memory_is_taken(content, said, tmp_path):
    tracemalloc.start()
    told = refusal(datasets.read_table, zipped(tmp_path / "t.npz", {"y.npy": content}), "y").allowed
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said in told and taken < 10**7


def test_an_archive_larger_than_its_limit_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "t.npz"
    np.savez_compressed(path, y=np.zeros(10**6))
    assert path.stat().st_size < 10**5
    monkeypatch.setattr(foreign, "MAX_BYTES", 10**5)
    assert "it takes 8000128 bytes, at most 100000 are allowed" in refusal(datasets.read_table, path, "y").allowed
    monkeypatch.setattr(foreign, "MAX_BYTES", 10**3)
    assert "at most 1000 are allowed" in refusal(datasets.read_table, path, "y").allowed


def test_numbers_that_take_more_memory_than_their_file_count_as_what_they_take(tmp_path, monkeypatch):
    np.savez(tmp_path / "t.npz", y=np.zeros(1000, np.uint8))
    monkeypatch.setattr(foreign, "MAX_BYTES", 5000)
    assert "it takes 8000 bytes" in refusal(datasets.read_table, tmp_path / "t.npz", "y").allowed


def test_members_that_are_no_arrays_are_left_alone(table, tmp_path):
    np.savez(tmp_path / "t.npz", X=table[0], y=table[1])
    with zipfile.ZipFile(tmp_path / "t.npz", "a") as archive:
        archive.writestr("../../readme.txt", "by hand")
    np.testing.assert_array_equal(datasets.read_table(tmp_path / "t.npz", "y")[1], table[1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.npz"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_numpy_would_not_write_is_refused(method, tmp_path):
    path = zipped(tmp_path / "t.npz", {"y.npy": npy((1,), content=bytes(8))}, method)
    assert "compressed in a way that numpy does not write" in refusal(datasets.read_table, path, "y").allowed


def test_an_array_that_is_given_twice_is_refused(tmp_path):
    np.savez(tmp_path / "t.npz", y=np.zeros(12))
    with zipfile.ZipFile(tmp_path / "t.npz", "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("y.npy", npy((1,), content=bytes(8)))
    assert "given twice" in refusal(datasets.read_table, tmp_path / "t.npz", "y").allowed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",".join(f"c{number}" for number in range(20_001)) + "\n", "20001 columns, from 1 to 20000 are allowed"),
        (",".join(f"c{number}" for number in range(2000)) + "\n" + "1\n" * 9000, "fewer fields than the header"),
        ("\n\na,b,b\n" + "1,2,3\n2,3,4\n" * 6, "twice"),
        ("x" * 200_000 + ",b,y\n1,2,3\n", "not readable as .csv"),
    ],
)
def test_a_text_table_of_a_shape_that_no_one_writes_is_refused(text, said, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    problem = refusal(datasets.read_table, tmp_path / "t.csv", "y")
    assert said in problem.allowed and len(str(problem)) < 1000


def test_a_name_of_a_column_cannot_write_to_the_terminal(tmp_path):
    (tmp_path / "t.csv").write_text("a,\x1b[2Jb,y\n" + "1,x,3\n" * 12)
    assert "\\x1b[2Jb" in str(refusal(datasets.read_table, tmp_path / "t.csv", "y"))


@pytest.mark.parametrize(
    "values",
    [
        pyarrow.array([[1.0]] * 12),
        pyarrow.array([{"a": 1.0}] * 12),
        pyarrow.array(["1"] * 12),
        pyarrow.array(range(12), pyarrow.decimal128(10, 2)),
        pyarrow.array(range(12), pyarrow.timestamp("s")),
        pyarrow.array(["u"] * 12).dictionary_encode(),
        pyarrow.nulls(12),
    ],
    ids=lambda values: str(values.type).partition("<")[0],
)
def test_a_column_of_a_parquet_table_that_holds_no_numbers_is_refused_with_its_type(values, tmp_path):
    table = pyarrow.table({"y": pyarrow.array(np.arange(12.0)), "a": values, "b": pyarrow.array(np.arange(12))})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    problem = refusal(datasets.read_table, tmp_path / "t.parquet", "y")
    assert (problem.key, problem.allowed) == ("a", "numbers")


@pytest.mark.parametrize("told", [b"{", b"[]", b'{"index_columns": ["a"]}', b'{"columns": [{"name": 3}]}', b"\xff"])
def test_what_pandas_notes_in_a_parquet_table_is_not_believed(told, table, tmp_path):
    written = pyarrow.Table.from_pandas(frame(*table)).replace_schema_metadata({b"pandas": told})
    pyarrow.parquet.write_table(written, tmp_path / "t.parquet")
    np.testing.assert_array_equal(datasets.read_table(tmp_path / "t.parquet", "y")[0], table[0])


def test_truth_values_and_gaps_of_a_parquet_table(tmp_path):
    truth = pyarrow.array([True, False] * 6)
    columns = {"y": truth, "a": pyarrow.array(np.arange(12)), "b": pyarrow.array(np.ones(12, np.float16))}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    np.testing.assert_array_equal(datasets.read_table(tmp_path / "t.parquet", "y")[1], np.tile([1.0, 0.0], 6))
    columns["a"] = pyarrow.array([None, *range(11)])
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    assert refusal(datasets.read_table, tmp_path / "t.parquet", "y").key == "a[0]"


def test_a_column_given_twice_in_a_parquet_table_is_refused(tmp_path):
    one = pyarrow.array(np.arange(12.0))
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays([one] * 3, ["y", "a", "a"]), tmp_path / "t.parquet")
    assert "given twice" in refusal(datasets.read_table, tmp_path / "t.parquet", "y").allowed
