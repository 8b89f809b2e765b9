"""Tables as CSV, npz and Parquet, right ones and ones that no writer would write."""

import io
import os
import struct
import warnings
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

ROWS = 12
MARK = "unpickled"
RNG = np.random.default_rng(0)
NUMBERS = {name: RNG.random(ROWS) + 0.1 for name in ("a", "b", "c", "y", "eigenvalue", "task_power")}
NAMES = st.sampled_from(
    [[*NUMBERS], [*NUMBERS], ["a", "b", "y"], ["eigenvalue", "task_power"], ["a", "y"], ["task_power"]]
)
HEADERS = (
    "a", "b", "y", "", " ", "A", "é", "日本", "x" * 300, "x" * 140_000, '"quoted, twice"', '"', "1", "a.1", "../a",
    "\x1b[31m",
    "\ufeffa", "a\x00b", '"two\nlines"', "NaN", "index", "\u202e",
)  # fmt: skip
CELLS = (
    "1", "-1", "0", "1e5", "1e100", "1e101", "1e999", "-inf", "inf", "NaN", "", " ", "x", "1_000", "0x10", "1,5",
    '"1"', '"1',
    '"1\n2"', "true", "None", "1e-320", "9" * 400, "x" * 150_000, "\x00", "\r", "é", "=1+1", "2024-01-01", "1j", "١",
)  # fmt: skip


class Bomb:
    """An object whose unpickling leaves a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def bytewise(draw, content):
    """The content whole, cut short, or with a few bytes changed."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return content[: draw(st.integers(0, len(content)))]
    if kind == 1 and content:
        changed = bytearray(content)
        for _ in range(draw(st.integers(1, 4))):
            changed[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
        return bytes(changed)
    return content


@st.composite
def csv_files(draw):
    """Bytes of a .csv file."""
    names = list(draw(NAMES))
    cells = [
        [f"{NUMBERS[name][row]:.6g}" for name in names] for row in range(draw(st.sampled_from([0, 1, 9, ROWS, ROWS])))
    ]
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.integers(0, 4))
        if kind == 0:
            names[draw(st.integers(0, len(names) - 1))] = draw(st.sampled_from(HEADERS))
        elif cells and kind < 3:
            row = draw(st.sampled_from(cells))
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from(CELLS))
        elif cells:
            row = draw(st.sampled_from(cells))
            row[:] = draw(st.sampled_from([row[:1], [*row, "1"], [*row, ""], [""], ["1"] * 100]))
    separator = draw(st.sampled_from([","] * 9 + [";", "\t", " "]))
    text = "\n".join(separator.join(row) for row in [names, *cells])
    change = draw(st.sampled_from([lambda text: text] * 8 + [*LINES]))
    return bytewise(draw, change(text).encode(draw(st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16"]))))


LINES = (
    lambda text: text + "\n", lambda text: "\n\n" + text, lambda text: "# made by hand\n" + text,
    lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n", "\r"), lambda text: text + '\n"',
    lambda text: text.partition("\n")[2], lambda text: text.replace("\n", "\n\n"), lambda text: text + "\x00",
)  # fmt: skip

SHAPES = (
    (), (ROWS,), (ROWS, 3), (3, ROWS), (ROWS - 1, 3), (ROWS, 3, 2), (0,), (0, 3), (10**15,), (10**30,), (2**31, 2**31),
    (-1,), (-1, -3), (True,), (10**6, 10**6),
)  # fmt: skip
TYPES = (
    "<f8", "<f8", ">f8", "<f4", "<f2", "<f16", "<i8", "|u1", "|b1", "<c16", "<U1", "<U1000000", "|S5", "|O", "<M8[s]",
    "<m8",
    "|V8", "no type", [("x", "<f8")], [("x", "|O")], ("<f8", (1000, 1000)), 3, None,
)  # fmt: skip
HEADS = (
    "{}", "[]", "1", "", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': False, 'shape': (12L,), }",
    "-" * 7000 + "1",
    "(" * 5000, "{'descr': '<f8', 'fortran_order': 1, 'shape': (12,)}", "__import__('os').mkdir('x')", "\x00", "'" * 3,
    "{'descr': '<f8', 'fortran_order': False, 'shape': [12]}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1e3,)}",
    "x" * 20_000,
)  # fmt: skip


def member(head, content, version=(1, 0)):
    """Bytes of a .npy file with a header of one's own."""
    length = struct.pack("<H" if version == (1, 0) else "<I", len(head))
    return b"\x93NUMPY" + bytes(version) + length + head.encode("utf-8") + content


@st.composite
def npz_files(draw, folder):
    """Bytes of a .npz file."""
    names = ["X", *(name for name in draw(NAMES) if name not in "abc")]
    matrix = np.column_stack([NUMBERS["a"], NUMBERS["b"], NUMBERS["c"]])
    members = [(f"{name}.npy", _npy(matrix if name == "X" else NUMBERS[name])) for name in names]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(members) - 1))
        name, content = members[place]
        kind = draw(st.integers(0, 5))
        if kind == 0:
            name = draw(
                st.sampled_from([*names, "../../x.npy", "/x.npy", "readme.txt", "X", "", "a\nb.npy", "é.npy", "x.npy/"])
            )
        elif kind == 1:
            content = draw(
                st.sampled_from(
                    [b"", b"\x93NUMPY", b"text", _pickled(folder), content[:-8], content[:20], content + b"1"]
                )
            )
        elif kind < 4:
            told = {"descr": draw(st.sampled_from(TYPES)), "fortran_order": draw(st.booleans())}
            head = repr(told | {"shape": draw(st.sampled_from(SHAPES))})
            version = draw(st.sampled_from([(1, 0), (1, 0), (2, 0), (3, 0), (9, 9)]))
            content = member(head, content[-96:], version)
        elif kind == 4:
            content = member(draw(st.sampled_from(HEADS)), NUMBERS["y"].tobytes())
        members[place] = (name, content)
    if draw(st.integers(0, 3)) == 0:
        members.append(draw(st.sampled_from(members)))
    method = draw(
        st.sampled_from([zipfile.ZIP_STORED] * 3 + [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    )
    return bytewise(draw, _zipped(members, method))


def _npy(array, allow_pickle=False):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def _pickled(folder):
    return _npy(np.array([Bomb(folder / MARK)] * ROWS, dtype=object), allow_pickle=True)


def _zipped(members, method):
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


COLUMNS = {
    "nothing": lambda: pa.nulls(ROWS),
    "gaps": lambda: pa.array([None, *range(ROWS - 1)]),
    "text": lambda: pa.array(["1"] * ROWS),
    "bytes": lambda: pa.array([b"\x80"] * ROWS),
    "decimal": lambda: pa.array(range(ROWS), pa.decimal128(10, 2)),
    "moment": lambda: pa.array(range(ROWS), pa.timestamp("ns")),
    "span": lambda: pa.array(range(ROWS), pa.duration("s")),
    "day": lambda: pa.array(range(ROWS), pa.date32()),
    "category": lambda: pa.array(["u", "v"] * (ROWS // 2)).dictionary_encode(),
    "numbered": lambda: pa.array([1.0, 2.0] * (ROWS // 2)).dictionary_encode(),
    "list": lambda: pa.array([[1.0]] * ROWS),
    "fixed": lambda: pa.array([[1.0, 2.0]] * ROWS, pa.list_(pa.float64(), 2)),
    "struct": lambda: pa.array([{"a": 1.0, "y": 2.0}] * ROWS),
    "map": lambda: pa.array([[("k", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())),
    "half": lambda: pa.array(np.ones(ROWS, np.float16)),
    "truth": lambda: pa.array([True, False] * (ROWS // 2)),
    "doubt": lambda: pa.array([True, None] * (ROWS // 2)),
    "large": lambda: pa.array([2**63 + 1] * ROWS, pa.uint64()),
    "nan": lambda: pa.array([np.nan, np.inf] * (ROWS // 2)),
    "huge": lambda: pa.array([1e300] * ROWS),
    "float": lambda: pa.array(NUMBERS["c"].astype(np.float32)),
}


@st.composite
def parquet_files(draw):
    """Bytes of a .parquet file."""
    columns = [(name, pa.array(NUMBERS[name])) for name in draw(NAMES)]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(columns) - 1))
        name, values = columns[place]
        if draw(st.booleans()):
            values = COLUMNS[draw(st.sampled_from(list(COLUMNS)))]()
        else:
            name = draw(
                st.sampled_from(
                    ["a", "y", "", "a.b", "struct.a", "é", "a\nb", "x" * 2000, "\x1b[31m", "__index_level_0__"]
                )
            )
        columns[place] = (name, values)
    table = pa.Table.from_arrays([values for _, values in columns], names=[name for name, _ in columns])
    if draw(st.integers(0, 4)) == 0:
        told = st.sampled_from([b"", b"{", b"[]", b'{"index_columns": ["a"]}', b'{"columns": [{"name": 3}]}', b"\xff"])
        table = table.replace_schema_metadata({b"pandas": draw(told)})
    stream = io.BytesIO()
    pq.write_table(table.slice(0, draw(st.sampled_from([ROWS, ROWS, ROWS, 0, 9]))), stream,
                   compression=draw(st.sampled_from(["zstd", "none", "snappy"])),
                   use_dictionary=draw(st.booleans()), row_group_size=draw(st.sampled_from([5, 1000])))  # fmt: skip
    return bytewise(draw, stream.getvalue())


CLAIM = {
    "study": "small", "id": "slope", "paper": "arXiv:2402.01092", "statement": "L ~ t^-source",
    "quantity": "slope.exponent", "relation": "equals", "predicted": -0.4, "value": -0.41, "low": -0.42, "high": -0.4,
    "tolerance": 0.02, "verdict": "confirmed", "reason": "",
}  # fmt: skip
TOLD = (
    b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff", b"{}", b'{"schema_version": 1}', b'{"schema_version": "1"}',
    b'{"schema_version": 1, "columns": 3}', b'{"schema_version": ' + b"9" * 5000 + b"}",
    b'{"schema_version": "\\u001b[31m' + b"x" * 5000 + b'"}', b"[" * 5000,
)  # fmt: skip


@st.composite
def claims_files(draw):
    """Bytes of a table of claims as Scalefront writes it, or of one that only looks like it."""
    rows = draw(st.sampled_from([0, 1, 3]))
    columns = {name: pa.array([value] * rows) for name, value in CLAIM.items()}
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(list(columns)))
        values = draw(
            st.sampled_from(["\x1b[31m", "x" * 5000, "[red]", "é", None, np.nan, np.inf, 3, True, b"\xff", [1], 1e300])
        )
        columns[name] = pa.array([values] * rows)
        if draw(st.integers(0, 4)) == 0:
            del columns[name]
    told = draw(st.sampled_from([b'{"schema_version": 1}'] * 9 + [*TOLD]))
    table = pa.table(columns).replace_schema_metadata({b"scalefront": told})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return bytewise(draw, stream.getvalue())
