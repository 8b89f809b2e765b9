"""Tables that others made, CSV, npz or Parquet: numbers alone are read, and nothing larger than what is declared.

No byte of such a file is trusted: what its header declares is checked before memory is taken, and pickled objects are
never loaded.
"""

import csv
import math
import warnings
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scalefront.errors import StudyError
from scalefront.study.spectrum import MAX_BYTES

LARGEST_NUMBER = 1e100  # its square, and sums of squares, are finite
MAX_COLUMNS = 20_000
HEADER = 1000  # characters of the header of an array; one of numbers takes about 100
BYTES = 8  # of a number, once it is read


class Column(NamedTuple):
    """What a table declares of a column or array: its shape, the name of its type, and whether that is of numbers."""

    shape: tuple
    type: str
    numeric: bool


@dataclass(frozen=True)
class ForeignTable:
    """A table of which only the header is read yet.

    Attributes
    ----------
    columns : name -> Column
    load : names -> arrays
    """

    path: Path
    columns: dict
    load: Callable

    def numbers(self, names):
        """The columns ``names`` as float64 arrays; refuses what is no finite number of at most 1e100."""
        for name in names:
            if not self.columns[name].numeric:
                raise StudyError(self.path, name, f"{self.columns[name].type} values", "numbers")
        with readable(self.path):
            arrays = self.load(names)
        return [self._finite(name, values) for name, values in zip(names, arrays, strict=True)]

    def _finite(self, name, values):
        with np.errstate(over="ignore"):
            values = np.asarray(values, float)
        usable = np.abs(values) <= LARGEST_NUMBER  # false for NaN, too
        if not np.all(usable):
            place = tuple(int(i) for i in np.argwhere(~usable)[0])
            entry = f"{name}[{', '.join(map(str, place))}]"
            raise StudyError(self.path, entry, float(values[place]), f"a finite number of at most {LARGEST_NUMBER:g}")
        return values


@contextmanager
def readable(path):
    """Refuse the file in one line, whatever goes wrong: a library fails on damaged bytes in ways of its own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as that a header is an old one
            yield
    except StudyError:
        raise
    except Exception as error:
        said = str(error) or type(error).__name__
        raise StudyError(path, "", None, f"not readable as {path.suffix}: {said}") from None


def open_table(path):
    """The ForeignTable in the .csv (with a header), .parquet or .npz file at ``path``; raises StudyError."""
    path = Path(path)
    readers = {".csv": _csv, ".parquet": _parquet, ".npz": _npz}
    if path.suffix not in readers:
        raise StudyError(path, "", None, f"a table is one of {', '.join(readers)}")
    if not path.is_file():
        raise StudyError(path, "", None, "no such file")
    with readable(path):
        _check_size(path.stat().st_size)
        return readers[path.suffix](path)


def _check_size(size):
    if size > MAX_BYTES:
        raise ValueError(f"it takes {size} bytes, at most {MAX_BYTES} are allowed")


def _check_names(names):
    if not 0 < len(names) <= MAX_COLUMNS:
        raise ValueError(f"it has {len(names)} columns, from 1 to {MAX_COLUMNS} are allowed")
    if not all(name.strip() for name in names):
        raise ValueError("a column has no name (a row number that was written along?)")
    if len(set(names)) < len(names):
        raise ValueError("a column name is given twice")


def _csv(path):
    import pandas  # its import costs more than most tables
    from pandas.api.types import is_numeric_dtype

    with path.open(newline="", encoding="utf-8-sig") as stream:
        header = next((row for row in csv.reader(stream) if row), [])
        _check_names(header)
        whole = path.stat().st_size // len(header)  # a field takes a byte at least; shorter rows would be filled up
        most = min(whole, MAX_BYTES // (BYTES * len(header)))
        try:
            table = pandas.read_csv(stream, header=None, names=header, low_memory=False, nrows=most + 1)
        except pandas.errors.EmptyDataError:
            table = pandas.DataFrame(columns=header, dtype=float)
    if not isinstance(table.index, pandas.RangeIndex):
        raise ValueError("rows have more fields than the header")
    if len(table) > whole:
        raise ValueError("rows have fewer fields than the header")
    _check_size(table.size * BYTES)
    columns = {
        name: Column(column.shape, str(column.dtype), is_numeric_dtype(column)) for name, column in table.items()
    }
    return ForeignTable(path, columns, lambda names: [table[name].to_numpy() for name in names])


def _parquet(path):
    import pyarrow
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        _check_names(schema.names)
        _check_size(rows * len(schema.names) * BYTES)
        _check_size(sum(file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups)))
    kinds = (pyarrow.types.is_integer, pyarrow.types.is_floating, pyarrow.types.is_boolean)
    columns = {
        field.name: Column((rows,), str(field.type), any(kind(field.type) for kind in kinds)) for field in schema
    }

    def load(names):
        with pyarrow.parquet.ParquetFile(path) as file:
            table = file.read(columns=names)
        return [table.column(name).cast(pyarrow.float64(), safe=False).to_numpy() for name in names]

    return ForeignTable(path, columns, load)


def _npz(path):
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        names = [member.filename.removesuffix(".npy") for member in members]
        _check_names(names)
        _check_size(sum(member.file_size for member in members))
        columns = {name: _declared(archive, member) for name, member in zip(names, members, strict=True)}

    def load(names):
        with zipfile.ZipFile(path) as archive:
            return [_array(archive, f"{name}.npy") for name in names]

    return ForeignTable(path, columns, load)


def _declared(archive, member):
    """What the header of an array declares; refuses pickled objects and a shape that the member does not hold."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is compressed in a way that numpy does not write")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read:
            raise ValueError(f"{member.filename} has a header that arrays of numbers do not have")
        shape, _, dtype = read[version](stream, max_header_size=HEADER)
    if dtype.hasobject:
        raise ValueError(f"{member.filename} holds pickled objects, which are never read")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} declares the shape {shape}, which it does not hold")
    _check_size(math.prod(shape) * BYTES)
    return Column(shape, str(dtype), dtype.kind in "biuf")


def _array(archive, name):
    with archive.open(name) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
