"""The life of a run: a locked file that tells its jobs, and the next run, whether its Snakemake still lives.

A Snakemake that is killed leaves its lock behind, and jobs that go on. The next run removes the lock, as nobody holds
the sign of the killed one any more; a job that finds its own run gone drops what it has made, since the next run makes
it again and may have been asked for something else.
"""

import atexit
import json
import os
import tempfile
from pathlib import Path

from scalefront.file_lock import held, remove_if_free, take

FOLDER = Path(".snakemake/scalefront")
RUN = "SCALEFRONT_RUN"


class RunEndedError(Exception):
    """The run that started this job has ended: what the job made is not kept."""


def begin(locks):
    """Leave a sign in the working folder that this process, a run of Snakemake, lives; its jobs inherit where it is.

    Parameters
    ----------
    locks : paths of the lock files that this run has written
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="run.", dir=FOLDER.absolute())
    take(handle)  # never closed: it ends with this process
    atexit.register(Path(name).unlink, missing_ok=True)
    if held(name):
        told = {"host": _host(), "locks": [[str(path), *_identity(path)] for path in locks]}
        os.write(handle, json.dumps(told).encode())
        os.environ[RUN] = json.dumps([_host(), name])


def release_locks():
    """Remove the locks of runs on this host that have been killed; those of living runs and of others stay."""
    for sign in FOLDER.glob("run.*"):
        try:
            told = json.loads(sign.read_text())
        except (OSError, ValueError):
            continue
        if told["host"] == _host() and remove_if_free(sign):  # of two runs that start at once, one alone goes on
            for path, *identity in told["locks"]:
                if Path(path).exists() and _identity(path) == tuple(identity):
                    Path(path).unlink(missing_ok=True)


def require_run(path):
    """Raise RunEndedError if the run that started this job has ended, and ``path`` is not to be written any more.

    A job on another host than its run cannot tell, and writes.
    """
    host, name = json.loads(os.environ.get(RUN, "[null, null]"))
    if host != _host() or not Path(name).parent.is_dir():
        return
    try:
        ended = held(name) is False
    except FileNotFoundError:  # the next run has removed it
        ended = True
    except OSError:
        return
    if ended:
        raise RunEndedError(f"{path}: not kept, as the run that started this job has ended")


def _host():
    return os.uname().nodename


def _identity(path):
    told = Path(path).stat()
    return told.st_ino, told.st_mtime_ns
