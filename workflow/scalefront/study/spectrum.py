"""The spectrum block: a power law, a white one, a table of eigenvalues, or features and targets to measure."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from scalefront.study.block import is_number

KEYS = {
    "power_law": {"kind", "capacity", "source", "modes"},
    "white": {"kind", "modes"},
    "table": {"kind", "path", "window"},
    "data": {"kind", "path", "target", "window"},
}
FORMULAS = ("power_law", "white")
BUNDLED = "bundled:"


class Bundled(NamedTuple):
    """A data set that a rule exports, so that nothing of it is read here: its targets and its number of modes."""

    targets: tuple
    modes: int


BUNDLED_SETS = {"digits": Bundled(("half", "parity"), 61)}
SUFFIXES = (".npz", ".csv", ".parquet")
MAX_BYTES = 2_000_000_000  # of a table, as a file and in memory


class SpectrumSource(NamedTuple):
    """Where the spectrum comes from.

    Attributes
    ----------
    kind : "power_law" | "white" | "table" | "data"
    identity : value of the parameter ``spectrum``: "power_law", "white", or kind and digest of what was measured
    path : the file (as text), None for a formula; ``bundled`` names a set that a rule exports
    target : the column or array to learn; None unless kind is "data"
    window : range of k in which capacity and source are fitted, "auto" or (low, high)
    """

    kind: str
    identity: str
    path: str | None = None
    target: str | None = None
    bundled: str | None = None
    window: str | tuple = "auto"

    @property
    def measured(self):
        """Whether it comes from a file and not from a formula."""
        return self.kind not in FORMULAS


def read_spectrum_block(block):
    """SpectrumSource of the ``spectrum`` block of a study file; raises StudyError."""
    kind = block.choice("kind", tuple(KEYS))
    block.only(KEYS[kind])
    if kind in FORMULAS:
        return SpectrumSource(kind, kind)
    path, window = block.text("path"), read_window(block)
    target = block.text("target") if kind == "data" else None
    if path.startswith(BUNDLED):
        return _bundled(block, kind, path.removeprefix(BUNDLED), target)._replace(window=window)
    found = Path(block.file).resolve().parent / path
    if found.suffix not in SUFFIXES:
        block.refuse("path", "a file that ends in " + ", ".join(SUFFIXES))
    try:
        found = found.resolve()
        if not found.is_file():  # a pipe would wait for ever
            raise FileNotFoundError(found)
        large = found.stat().st_size > MAX_BYTES
        with found.open("rb") as stream:
            digest = "" if large else hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    except (OSError, RuntimeError):  # RuntimeError: a link to itself
        block.refuse("path", f"no such file ({BUNDLED}{', '.join(BUNDLED_SETS)} needs none)")
    if large:
        block.refuse("path", f"a file of at most {MAX_BYTES} bytes")
    identity = "-".join(filter(None, [kind, digest, target]))
    return SpectrumSource(kind, identity, str(found), target, window=window)


def read_window(block):
    """The ``window`` of a fit: "auto", or (low, high) with 0 < low < high."""
    window = block.content.get("window", "auto")
    if window == "auto":
        return window
    if not (
        isinstance(window, list) and len(window) == 2 and all(map(is_number, window)) and 0 < window[0] < window[1]
    ):
        block.refuse("window", "auto, or [low, high] with 0 < low < high")
    return tuple(float(end) for end in window)


def _bundled(block, kind, name, target):
    if kind != "data" or name not in BUNDLED_SETS:
        block.refuse("path", "bundled data sets (kind: data): " + ", ".join(BUNDLED + name for name in BUNDLED_SETS))
    if target not in BUNDLED_SETS[name].targets:
        block.refuse("target", "one of: " + ", ".join(BUNDLED_SETS[name].targets))
    return SpectrumSource(kind, f"data-{name}-{target}", None, target, name)
