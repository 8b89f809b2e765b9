"""Ctrl-C: the run and its jobs end at once, without a traceback from any of them."""

import signal
import threading
import time
from contextlib import suppress

from scalefront.jobs import INTERRUPTED

JOBS = "/.snakemake/scripts/"  # in the command line of every job
IGNORE = "trap '' INT;"  # before the command of a job: a terminal sends Ctrl-C to all of its processes
EVERY = 0.2  # seconds
_asked = threading.Event()


def end_on_ctrl_c():
    """Let Ctrl-C end this process, once its jobs have ended; they must have been started with IGNORE."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)


def was_asked():
    """Whether Ctrl-C has been pressed."""
    return _asked.is_set()


def _end(number, frame):  # noqa: ARG001
    if not threading.main_thread().is_alive():
        return  # Python is closing down: all is done
    if not _asked.is_set():
        _asked.set()
        threading.excepthook = _unsaid
        threading.Thread(target=_end_jobs, daemon=True).start()
    raise SystemExit(INTERRUPTED)


def _unsaid(problem):
    """Keep silent about threads that lose what they worked with while this process ends."""


def _end_jobs():
    """End all jobs, those that start a moment later, too, as long as this process lives."""
    import psutil

    while True:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if any(JOBS in word for word in process.cmdline()):
                    process.terminate()
        time.sleep(EVERY)
