"""Reads one input under watch: what a reader opens, starts, leaves behind, takes of time and memory, and says.

How many inputs: SCALEFRONT_FUZZ (2000) over all tests of this folder, the same ones every time; SCALEFRONT_FUZZ_SEED=N
tries others.
"""

import collections
import os
import re
import resource
import signal
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from scalefront.errors import LONGEST, StudyError

INPUTS = int(os.environ.get("SCALEFRONT_FUZZ", "2000"))
SEED = os.environ.get("SCALEFRONT_FUZZ_SEED")
SECONDS = 20
MORE_BYTES = 4 * 2**30  # address space beyond what the process has
STATM = Path("/proc/self/statm")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HARMFUL = re.compile(
    r"os\.(mkdir|remove|rename|rmdir|link|symlink|chmod|chown|truncate|utime|system|exec|fork|forkpty|spawn|posix_spawn"
    r"|startfile|putenv)|shutil\..*|tempfile\..*|subprocess\..*|socket\..*|urllib\..*|ftplib\..*|http\..*|pickle\..*"
    r"|ctypes\..*|pty\..*|code\.__new__"
)
_events = []
_watching = False


def _listen(event, arguments):
    if not _watching:
        return
    if event == "open":
        path, mode, flags = arguments
        if flags & WRITING or set(mode or "") & set("wax+"):
            _events.append(f"open {path} for writing")
    elif event == "exec" and arguments[0].co_filename.startswith("<string"):
        _events.append(f"exec of {arguments[0].co_name}")
    elif HARMFUL.fullmatch(event):
        _events.append(f"{event} {arguments}")


sys.addaudithook(_listen)  # for good: a hook cannot be taken away


def fuzz(share):
    """Settings of a test that tries a share of all INPUTS."""
    chosen = settings(
        max_examples=number(share),
        derandomize=SEED is None,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: chosen(test if SEED is None else seed(int(SEED))(test))


def number(share):
    """How many inputs a share of INPUTS is."""
    return round(INPUTS * share)


class Watch:
    """Reads inputs that lie in ``folder`` and counts what became of them."""

    def __init__(self, folder):
        self.folder, self.counts = Path(folder), collections.Counter()
        self.reasons = collections.Counter()

    def read(self, reader, path, *arguments):
        """What ``reader(path, *arguments)`` returns, or None where it refuses; fails on anything else."""
        before = self._listing()
        try:
            with _watched():
                found = reader(path, *arguments)
        except StudyError as problem:
            said = str(problem)
            assert said.isprintable() and len(said) <= LONGEST, said
            assert Path(problem.file).parent == self.folder and Path(problem.file).name[-100:] in said, said
            assert not re.search("allocat|malloc|memory", problem.allowed, re.IGNORECASE), said
            self.counts["refused"] += 1
            self.reasons[re.sub("[^a-z ]", "", problem.allowed)[:30]] += 1
            found = None
        else:
            self.counts["accepted"] += 1
        assert self._listing() == before, "a reader left or removed a file"
        return found

    def expect(self, share, accepted, refused, reasons):
        """All inputs were tried, and enough of them were accepted, refused, and refused for different reasons."""
        tried = self.counts.total()
        assert tried >= number(share)
        assert self.counts["accepted"] >= accepted * tried, self.counts
        assert self.counts["refused"] >= refused * tried, self.counts
        assert len(self.reasons) >= reasons, self.reasons

    def _listing(self):
        return sorted((entry.name, entry.stat().st_size) for entry in os.scandir(self.folder))


@contextmanager
def _watched():
    """Fails after SECONDS, on an attempt to write, to start or to unpickle something, and on a warning."""
    global _watching
    signal.signal(signal.SIGALRM, _late)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    signal.alarm(SECONDS)
    if STATM.exists():  # on Linux
        used = int(STATM.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MORE_BYTES, hard))
    _events.clear()
    _watching = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        _watching = False
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert not _events, list(_events)


def _late(*_):
    raise TimeoutError(f"still reading after {SECONDS} s")
