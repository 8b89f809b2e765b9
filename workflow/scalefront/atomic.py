"""Files that are whole or not there: a killed job leaves the old one."""

import glob
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from scalefront.file_lock import remove_if_free, take
from scalefront.lifeline import require_run

RANDOM = "[!.]" * 8  # what mkstemp adds to a name


@contextmanager
def atomic(path):
    """Yield a temporary path beside ``path`` that takes its place if the block ends well, and is removed if not.

    Temporary files of the same ``path`` that killed jobs have left are removed, those of living ones are not.

    Raises
    ------
    RunEndedError : the run that started this job has ended
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for abandoned in path.parent.glob(f".{glob.escape(path.name)}.{RANDOM}"):
        remove_if_free(abandoned)
    handle, temporary = _temporary(path)
    try:
        yield temporary
        temporary.chmod(0o644)
        require_run(path)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def _temporary(path):
    """A new file beside ``path``, locked as long as this process lives, and its descriptor."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        take(handle)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # taken for an abandoned one before it was locked
