"""Ctrl-C: the run and its jobs end at once, without a traceback from any of them, and without waiting for each other.

Python runs the handler of a signal between any two steps of the main thread. An exception that is raised there inside
the standard library's queues, logging or event loop can leave a lock taken, or a task of the loop unfinished, and then
the end of the program waits for it forever. So the handler raises only outside of these, and is called again until it
has; if the program still does not end, it is ended.
"""

import os
import signal
import threading
import time
from contextlib import suppress

from scalefront.jobs import INTERRUPTED

JOBS = "/.snakemake/scripts/"  # in the command line of every job
IGNORE = "trap '' INT;"  # before the command of a job: a terminal sends Ctrl-C to all of its processes
EVERY = 0.2  # seconds
FRAGILE = {"asyncio", "concurrent", "logging", "queue", "threading"}  # packages in whose code nothing is raised
PATIENCE = {False: 10.0, True: 60.0}  # seconds without any child process, before and after the exception was raised
_asked = threading.Event()
_raised = threading.Event()


def end_on_ctrl_c():
    """Let Ctrl-C end this process, once its jobs have ended; they must have been started with IGNORE."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)


def was_asked(within=0.0):
    """Whether Ctrl-C has been pressed, or is ``within`` so many seconds."""
    return _asked.wait(within)


def _end(number, frame):  # noqa: ARG001
    if not threading.main_thread().is_alive():
        return  # Python is closing down: all is done
    if not _asked.is_set():
        _asked.set()
        threading.excepthook = _unsaid
        threading.Thread(target=_see_to_the_end, daemon=True).start()
    if not _raised.is_set() and not _is_fragile(frame):
        _raised.set()
        raise SystemExit(INTERRUPTED)


def _is_fragile(frame):
    """Whether an exception in ``frame`` could leave a lock taken or a task unfinished.

    A wait for a condition is safe, as it gives its lock back whatever happens: where Snakemake waits for its jobs.
    """
    if frame.f_code is threading.Condition.wait.__code__:
        frame = frame.f_back
        while frame is not None and _package(frame) == "threading":
            frame = frame.f_back
    while frame is not None:
        if _package(frame) in FRAGILE:
            return True
        frame = frame.f_back
    return False


def _package(frame):
    return (frame.f_globals.get("__name__") or "").partition(".")[0]  # None in a Snakefile


def _unsaid(problem):
    """Keep silent about threads that lose what they worked with while this process ends."""


def _see_to_the_end():
    """End all jobs, those that start a moment later, too, and then this process, if it does not end by itself."""
    import psutil

    last = time.monotonic()  # when there was a child, or the exception was raised
    raised = False
    while time.monotonic() - last < PATIENCE[raised]:
        if _raised.is_set() != raised:
            raised, last = True, time.monotonic()
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                last = last if process.status() == psutil.STATUS_ZOMBIE else time.monotonic()
                if any(JOBS in word for word in process.cmdline()):
                    process.terminate()
        if not raised:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(EVERY)
    os._exit(INTERRUPTED)  # the next run removes the lock that is left
