"""Parquet: the only module that knows it. Atomic writes, schemas of the tables, a merge that streams."""

import heapq
import json
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from scalefront.atomic import atomic
from scalefront.command_line import how_to_rebuild
from scalefront.errors import StudyError

SCHEMA_VERSION = 1
BATCH_ROWS = 65_536
WRITTEN = {"compression": "zstd", "write_page_checksum": True}
DIFFERENT = {
    "mark": "made for other settings or by other code than this run asks for",
    "table": "the table holds {told}, not {asked}",
    "study": "a table of the study {told}, not {asked}",
}
LEADING = ("study", "model", "kind", "point", "seed")
MEASURED = ("time", "steps", "compute", "test_loss", "train_loss")


class Curve(NamedTuple):
    """One curve: the losses of one point, for one seed or in theory.

    Attributes
    ----------
    point : digest
    parameters : word -> value, as the curve was computed
    seed : number of the draw, None for theory
    time : (T,) increasing; may end with inf
    test_loss, train_loss : (T,) NaN where there is none
    status : (T,) "ok" | "diverged" | "unconverged"
    steps : (T,) or None where time is continuous
    """

    point: str
    parameters: dict
    seed: int | None
    time: np.ndarray
    test_loss: np.ndarray
    train_loss: np.ndarray
    status: np.ndarray
    steps: np.ndarray | None = None


def curves_schema(words, text_words):
    """Schema of a curves table whose parameter columns are ``words``."""
    fields = [pa.field(name, pa.int64() if name == "seed" else pa.string()) for name in LEADING]
    fields += [pa.field(word, pa.string() if word in text_words else pa.float64()) for word in words]
    fields += [pa.field(name, pa.float64()) for name in MEASURED] + [pa.field("status", pa.string())]
    return pa.schema(fields)


def curves_table(study, model, kind, words, text_words, curves):
    """Arrow table of ``curves``, in their order; its compute is null, as ``merge`` fills it in.

    Parameters
    ----------
    words, text_words : parameter words in the order of their columns; those that hold text
    curves : sequence of Curve
    """
    schema = curves_schema(words, text_words)
    rows = [len(curve.time) for curve in curves]
    columns = {
        "study": _repeat([study] * len(rows), rows, pa.string()),
        "model": _repeat([model] * len(rows), rows, pa.string()),
        "kind": _repeat([kind] * len(rows), rows, pa.string()),
        "point": _repeat([curve.point for curve in curves], rows, pa.string()),
        "seed": _repeat([curve.seed for curve in curves], rows, pa.int64()),
        "time": _stack(curve.time for curve in curves),
        "steps": _stack(_or_nan(curve.steps, curve.time) for curve in curves),
        "compute": pa.nulls(sum(rows), pa.float64()),
        "test_loss": _stack(curve.test_loss for curve in curves),
        "train_loss": _stack(curve.train_loss for curve in curves),
        "status": pa.array(np.concatenate([np.asarray(c.status, object) for c in curves]) if rows else [], pa.string()),
    }
    for word in words:
        columns[word] = _repeat([curve.parameters[word] for curve in curves], rows, schema.field(word).type)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _repeat(values, rows, kind):
    return pa.array(values, kind).take(pa.array(np.repeat(np.arange(len(rows)), rows)))


def _stack(arrays):
    """One float64 column; NaN becomes null."""
    arrays = list(arrays)
    stacked = np.concatenate(arrays).astype(float) if arrays else np.zeros(0)
    return pa.array(stacked, pa.float64(), from_pandas=True)


def _or_nan(values, like):
    return np.full(len(like), np.nan) if values is None else values


def _with_compute(table, words):
    """The table with the product of the columns ``words`` as its compute."""
    if not words:
        return table
    with np.errstate(invalid="ignore"):  # 0 x inf: no compute is defined
        product = np.prod([table.column(word).to_numpy() for word in words], axis=0)
    return table.set_column(table.schema.get_field_index("compute"), "compute", pa.array(product, from_pandas=True))


def write(path, table, metadata):
    """Write ``table`` (Arrow, or a pandas frame) to ``path`` as Parquet, zstd, atomically.

    ``metadata`` (a dict that JSON can hold) goes into the file's metadata beside the schema's version.
    """
    if not isinstance(table, pa.Table):
        table = _plain_text(pa.Table.from_pandas(table, preserve_index=False))
    with atomic(path) as temporary:
        pq.write_table(_described(table, metadata), temporary, row_group_size=BATCH_ROWS, **WRITTEN)


def copy(source, target):
    """Copy the Parquet table at ``source`` to ``target``, as CSV if its name ends in .csv; returns the Arrow table."""
    table = pq.read_table(source)
    with atomic(target) as temporary:
        if str(target).endswith(".csv"):
            pa.csv.write_csv(table, temporary)
        else:
            temporary.write_bytes(Path(source).read_bytes())
    return table


@contextmanager
def readable(path):
    """Name the file where what is read from it is no Parquet table, and how it is made anew."""
    try:
        yield
    except FileNotFoundError:
        raise StudyError(path, "", None, "no such file; run again: it is made anew") from None
    except PermissionError:
        raise StudyError(path, "", None, "may not be read by this user") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise StudyError(path, "", None, f"not a whole Parquet table; {how_to_rebuild(path)}") from None


@contextmanager
def _opened(path, **expected):
    """The Parquet file at ``path``, refused unless Scalefront wrote it and its metadata hold what is ``expected``."""
    with readable(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
        footer = file.metadata  # the one part without a checksum
        if footer.num_rows != sum(footer.row_group(number).num_rows for number in range(footer.num_row_groups)):
            raise pa.ArrowInvalid("the numbers of rows contradict each other")
        problem = _objection(file.schema_arrow, expected)
        if problem:
            raise StudyError(path, "", None, f"{problem}; {how_to_rebuild(path)}")
        yield file


def _objection(schema, expected):
    """Why a table is not the expected one; None where it is. What an older table does not tell is not asked."""
    told = _told(schema)
    if told is None:
        return "not a table that Scalefront has written"
    if told.get("schema_version") != SCHEMA_VERSION:
        return f"a table of schema {told.get('schema_version')}, where this Scalefront reads {SCHEMA_VERSION}"
    if told.get("columns", (columns := _columns(schema))) != columns:
        return "its columns are not those that Scalefront has written"
    for name, value in expected.items():
        if value is not None and told.get(name, value) != value:
            return DIFFERENT[name].format(told=told[name], asked=value)
    return None


def _told(schema):
    try:
        told = json.loads((schema.metadata or {})[b"scalefront"])
    except (KeyError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _columns(schema):
    return {field.name: str(field.type) for field in schema}


def read(path, table=None, study=None):
    """The table at ``path`` as a pandas frame.

    Parameters
    ----------
    table, study : what its metadata must say it holds ("curves", "fits", ...), and of which study; None for any

    Raises
    ------
    StudyError : the file is no whole Parquet table, or another one than is asked for; with how it is made anew
    """
    with _opened(path, table=table, study=study) as file:
        found = file.read()
        found.validate(full=True)  # such as that texts are texts
        return found.to_pandas()


def read_metadata(path):
    """The metadata that ``write`` was given, with ``schema_version``; raises StudyError like ``read``."""
    with _opened(path) as file:
        told = _told(file.schema_arrow)
    return {name: value for name, value in told.items() if name != "columns"}


def declared_size(path):
    """(rows, bytes in memory) that the table at ``path`` declares, of which nothing but the footer is read."""
    with _opened(path) as file:
        rows, groups = file.metadata.num_rows, range(file.num_row_groups)
        return rows, max(
            8 * rows * len(file.schema_arrow), sum(file.metadata.row_group(group).total_byte_size for group in groups)
        )


def _plain_text(table):
    """The table with pandas' large strings as strings, the one type of text in all tables."""
    text = {pa.large_string(): pa.string()}
    return table.cast(pa.schema([pa.field(field.name, text.get(field.type, field.type)) for field in table.schema]))


def merge(paths, output, words, metadata, compute=(), marks=None):
    """Merge sorted shards into one table sorted by (kind, words, seed, time), as a stream.

    Memory holds one batch of each shard that is being read; a shard is opened when its first row is due. Shards are
    sorted by the same key, so whole curves move at a time.

    Parameters
    ----------
    compute : names of the columns whose product is the column compute, none for null
    marks : the mark that each shard must bear; None for any

    Raises
    ------
    StudyError : a shard is no whole table, has other columns than the first one, or bears another mark
    """
    with _opened(paths[0]) as file:
        schema = file.schema_arrow.remove_metadata()
    marks = dict(zip(paths, marks or [None] * len(paths), strict=True))
    key = _Shards(("kind", *words), schema, marks)
    heap = [(key.of_first_row(path), number, None, None) for number, path in enumerate(paths)]
    heapq.heapify(heap)
    with atomic(output) as temporary:
        described = _described(schema.empty_table(), metadata).schema
        with pq.ParquetWriter(temporary, described, **WRITTEN) as writer:
            pending, rows = [], 0
            while heap:
                _, number, run, runs = heapq.heappop(heap)
                if run is None:
                    runs = key.runs(paths[number])
                else:
                    pending.append(run)
                    rows += run.num_rows
                    if rows >= BATCH_ROWS:
                        writer.write_table(_with_compute(_joined(pending, described), compute))
                        pending, rows = [], 0
                due = next(runs, None)
                if due is not None:
                    heapq.heappush(heap, (due[0], number, due[1], runs))
            if pending:
                writer.write_table(_with_compute(_joined(pending, described), compute))


class _Shards:
    """Shards as runs of rows (the rows of one curve) with their sort key: kind, swept words, then the seed."""

    def __init__(self, words, schema, marks):
        self.words, self.schema, self.marks = words, schema, marks

    @contextmanager
    def _opened(self, path):
        """A shard, checked as often as it is opened: another file may stand in its place by now."""
        with _opened(path, mark=self.marks[path]) as file:
            if file.schema_arrow.remove_metadata() != self.schema:
                raise StudyError(path, "", None, f"other columns than those of its neighbours; {how_to_rebuild(path)}")
            yield file

    def of_first_row(self, path):
        with self._opened(path) as file:
            first = next(file.iter_batches(1, columns=[*self.words, "seed", "point"]), None)
        return self._of(first) if first is not None and first.num_rows else ()

    def runs(self, path):
        """Yield (key, table) for each run of rows of one point and seed."""
        with self._opened(path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                point = batch.column("point").dictionary_encode().indices.to_numpy()
                seed = batch.column("seed").fill_null(-1).to_numpy()
                cuts = np.flatnonzero((np.diff(point) != 0) | (np.diff(seed) != 0)) + 1
                for start, stop in zip([0, *cuts], [*cuts, batch.num_rows], strict=True):
                    run = batch.slice(start, stop - start)
                    yield self._of(run), pa.Table.from_batches([run])

    def _of(self, batch):
        values = [batch.column(word)[0].as_py() for word in (*self.words, "seed")]
        return tuple(
            (0, 0) if value is None else (2, value) if isinstance(value, str) else (1, value) for value in values
        )


def _joined(tables, schema):
    return pa.concat_tables([table.replace_schema_metadata() for table in tables]).cast(schema)


def _described(table, metadata):
    told = {"schema_version": SCHEMA_VERSION, "columns": _columns(table.schema), **metadata}
    return table.replace_schema_metadata({"scalefront": json.dumps(told, sort_keys=True)})


def schema(path):
    """Names and types of the columns at ``path``, an Arrow schema without metadata; StudyError where it is no table."""
    with readable(path):
        return pq.read_schema(path).remove_metadata()


def schema_of(dtypes):
    """The Arrow schema that ``write`` gives to frames with the columns ``dtypes`` (name -> pandas type)."""
    frame = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
    return _plain_text(pa.Table.from_pandas(frame, preserve_index=False)).schema.remove_metadata()


def curves_of(path):
    """The (point, seed) pairs of the rows of a table of curves; the seed of theory is None."""
    with _opened(path) as file:
        pairs = file.read(columns=["point", "seed"]).group_by(["point", "seed"]).aggregate([])
    return {(row["point"], row["seed"]) for row in pairs.to_pylist()}


def read_rows(path, where):
    """The rows of the table at ``path`` whose columns hold the values of ``where``, as a pandas frame."""
    with readable(path):
        return pq.read_table(path, filters=[(name, "=", value) for name, value in where.items()]).to_pandas()


def same_rows(path, other):
    """Whether two tables hold the same columns and rows, whatever their metadata say; read a column at a time."""
    if schema(path) != schema(other):
        return False
    with readable(path), readable(other):
        pairs = ([pq.read_table(file, columns=[name]) for file in (path, other)] for name in schema(path).names)
        return all(one.to_pandas().equals(two.to_pandas()) for one, two in pairs)
