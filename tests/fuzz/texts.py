"""Text and bytes that may be no YAML, or YAML that does harm where it is trusted."""

from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.plain import emit
from tests.fuzz.values import NAMES, RAW
from tests.unit.study.conftest import MINIMAL

ROOT = Path(__file__).parents[2]
WHOLE = (
    emit(MINIMAL),
    (ROOT / "config" / "studies" / "white.yaml").read_text(),
    "title: x\nmodel: random_features\nspectrum:\n  kind: power_law\n  capacity: 1.25\n  source: 0.4\n  modes: 1e5\n"
    "time:\n  values:\n  - 1\n  - 10\nsweep:\n- width: 8\n  samples: .inf\n",
)
FRAGMENTS = (
    "a: ", "- ", "- - ", "? ", ": ", "{", "}", "[", "]", ", ", "&x ", "*x", "&x [*x, *x]", "!", "!!", "!<x> ", "<<: ",
    "!!python/object/apply:os.system [touch x]", "!!python/object/new:eval ['1']", "!!timestamp 1", "| ", "|2-\n",
    ">-\n",
    '"', "'", "\\", '"\\x41"', "''", "\n", "\r\n", "\r", "\n\n", "  ", "    ", "\t", "#", " # x\n", "%YAML 1.1\n---\n",
    "%TAG ! x\n", "---\n", "--- ", "...\n", "\x00", "\x07", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud800", "é", "0",
    "x", "=", "~",
    *map(str, RAW), *(name for name in NAMES if len(name) < 20),
)  # fmt: skip
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
)
LARGE = (
    lambda n: "[" * n, lambda n: "{a: " * n, lambda n: "- " * n, lambda n: "? " * n, lambda n: "[" * n + "]" * n,
    lambda n: "a: " + "x" * n, lambda n: "a: " + "x " * n, lambda n: "x" * n + ": 1", lambda n: "a: " + "9" * n,
    lambda n: "a: 0x" + "f" * n, lambda n: "a: 1e" + "9" * n, lambda n: "a: -." + "1" * n,
    lambda n: '"' + "\\n" * n + '"',
    lambda n: "a:\n" + " x\n" * n, lambda n: "\n" * n, lambda n: "#" * n,
    lambda n: "".join(f"{k}: 1\n" for k in range(n // 9)),
    lambda n: "a: [" + "1, " * (n // 9) + "]", lambda n: "a: |\n" + " x\n" * n, lambda n: "'" + " " * n,
    lambda n: "&" + "a" * n,
    lambda n: "time: {values: [" + ", ".join(map(str, range(n // 9))) + "]}", lambda n: "\\" * n,
    lambda n: "a: " + "_" * n,
)  # fmt: skip


@st.composite
def raw(draw):
    """Text or bytes of a file."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=60))
    if kind == 1:
        return draw(st.sampled_from([BOMB, *(make(n) for make in LARGE for n in (60, 5000))]))
    if kind < 4:
        return "".join(draw(st.lists(st.sampled_from(FRAGMENTS), max_size=20)))
    text = draw(st.sampled_from(WHOLE))
    for _ in range(draw(st.integers(0, 2))):
        text = _damaged(draw, text)
    return draw(st.sampled_from(ENCODED))(text)


def _damaged(draw, text):
    """A fragment in the place of 0 to 10 characters."""
    start = draw(st.integers(0, len(text)))
    return text[:start] + draw(st.sampled_from(FRAGMENTS)) + text[start + draw(st.integers(0, 10)) :]


def _bytes(text):
    return text.encode("utf-8", "surrogatepass")


ENCODED = (
    *[_bytes] * 6, lambda text: b"\xef\xbb\xbf" + _bytes(text), lambda text: _bytes(text.replace("\n", "\r\n")),
    lambda text: _bytes(text.replace("\n", "\r")), lambda text: text.encode("utf-16", "surrogatepass"),
    lambda text: _bytes(text) + b"\x00", lambda text: _bytes(text) + b"\xff",
    lambda text: _bytes(text)[: len(text) // 2],
)  # fmt: skip
