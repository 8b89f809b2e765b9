"""Parquet: the only module that knows it. Atomic writes, schemas of the tables, a merge that streams."""

import heapq
import json
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from scalefront.atomic import atomic
from scalefront.errors import StudyError

SCHEMA_VERSION = 1
BATCH_ROWS = 65_536
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
        pq.write_table(_described(table, metadata), temporary, compression="zstd", row_group_size=BATCH_ROWS)


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
    """Name the file where what is read from it is no Parquet table."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as problem:
        said = "no such file" if isinstance(problem, FileNotFoundError) else "not a whole Parquet table; remove it"
        raise StudyError(path, "", None, f"{said} and run again: it is made anew") from None


def read(path):
    """The table at ``path`` as a pandas frame; StudyError where it is no table."""
    with readable(path):
        return pq.ParquetFile(path).read().to_pandas()


def read_metadata(path):
    """The metadata that ``write`` was given, with ``schema_version``."""
    with readable(path):
        stored = pq.read_schema(path).metadata or {}
    return json.loads(stored.get(b"scalefront", b"{}"))


def _plain_text(table):
    """The table with pandas' large strings as strings, the one type of text in all tables."""
    text = {pa.large_string(): pa.string()}
    return table.cast(pa.schema([pa.field(field.name, text.get(field.type, field.type)) for field in table.schema]))


def merge(paths, output, words, metadata, compute=()):
    """Merge sorted shards into one table sorted by (kind, words, seed, time), as a stream.

    ``compute`` names the columns whose product is the column compute, none for null.

    Memory holds one batch of each shard that is being read; a shard is opened when its first row is due. Shards are
    sorted by the same key, so whole curves move at a time.
    """
    key = _Key(("kind", *words))
    with readable(paths[0]):
        schema = pq.read_schema(paths[0]).remove_metadata()
    heap = [(key.of_first_row(path), number, None, None) for number, path in enumerate(paths)]
    heapq.heapify(heap)
    with atomic(output) as temporary:
        described = _described(schema.empty_table(), metadata).schema
        with pq.ParquetWriter(temporary, described, compression="zstd") as writer:
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


class _Key:
    """Sort key of runs of rows (the rows of one curve): kind, swept words, then the seed."""

    def __init__(self, words):
        self.words = words

    def of_first_row(self, path):
        with readable(path), pq.ParquetFile(path) as file:
            first = next(file.iter_batches(1, columns=[*self.words, "seed", "point"]), None)
        return self._of(first) if first is not None and first.num_rows else ()

    def runs(self, path):
        """Yield (key, table) for each run of rows of one point and seed."""
        with readable(path), pq.ParquetFile(path) as file:
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
    told = {"schema_version": SCHEMA_VERSION, **metadata}
    return table.replace_schema_metadata({"scalefront": json.dumps(told, sort_keys=True)})
