"""Locks that the kernel lets go when the process that holds them ends, however it ends."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system: no lock is taken, and none can be seen
    fcntl = None


def take(handle):
    """Lock the open file ``handle`` (a descriptor) until it is closed; does nothing where files cannot be locked."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)


def held(path):
    """Whether a living process holds the lock of the file at ``path``; None where that cannot be told."""
    with _opened(path) as handle:
        return _tried(handle, shared=True)


def remove_if_free(path):
    """Remove the file at ``path`` unless a living process holds its lock; returns whether it was removed here."""
    try:
        with _opened(path) as handle:
            if _tried(handle, shared=False) is not False or not os.fstat(handle).st_nlink:
                return False
            Path(path).unlink()
            return True
    except OSError:
        return False


@contextmanager
def _opened(path):
    handle = os.open(path, os.O_RDWR)
    try:
        yield handle
    finally:
        os.close(handle)


def _tried(handle, shared):
    """Whether somebody else holds the lock of an open file, which is taken if not; None where that cannot be told."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False
