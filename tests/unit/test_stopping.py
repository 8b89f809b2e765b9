"""Ctrl-C, pressed where an exception would leave the program waiting for itself."""

import subprocess
import sys

import pytest
from scalefront.jobs import INTERRUPTED

PRESS = "os.kill(os.getpid(), signal.SIGINT)"
PROGRAM = f"""
import asyncio, concurrent.futures, logging, logging.handlers, os, queue, signal, subprocess, sys, threading, time
from scalefront import stopping

class Pressed(threading.Condition):
    def __enter__(self):
        entered = super().__enter__()
        if threading.current_thread() is threading.main_thread() and not stopping.was_asked():
            {PRESS}
        return entered

async def press():
    {PRESS}
    await asyncio.sleep(0.3)

async def work():
    task = asyncio.ensure_future(asyncio.shield(asyncio.sleep(3600)))
    await asyncio.sleep(0)
    await press()

stopping.end_on_ctrl_c()
"""
WAIT = "time.sleep(60)\nprint('went on')\n"
PLACES = {
    # a lock of the queue that stays taken stops the listener, and whoever waits for it
    "a queue": """
asked = queue.Queue(-1)
asked.not_full = Pressed(asked.mutex)
listener = logging.handlers.QueueListener(asked, logging.NullHandler())
listener.start()
logger = logging.getLogger("here")
logger.setLevel(logging.INFO)
logger.addHandler(logging.handlers.QueueHandler(asked))
try:
    logger.info("pressed")
    time.sleep(60)
    print("went on")
finally:
    listener.stop()
""",
    "an event loop": "asyncio.run(work())\n" + WAIT,
    "plain code": PRESS + "\n" + WAIT,
    "code without a name": f"exec({PRESS + chr(10) + WAIT!r}, globals() | {{'__name__': None}})",
    # where Snakemake's scheduler waits for its jobs
    "a semaphore": f"threading.Timer(0.5, lambda: {PRESS}).start()\nthreading.Semaphore(0).acquire()\nprint('went on')",
    # jobs are ended, and then the pool that waits for them
    "a pool": f"""
job = [sys.executable, "-c", "import time; time.sleep(3600)", "/x/.snakemake/scripts/job"]
with concurrent.futures.ThreadPoolExecutor() as pool:
    pool.submit(subprocess.run, job)
    time.sleep(0.5)
    {PRESS}
    time.sleep(60)
print('went on')
""",
}


def _end(text):
    """Run PROGRAM and ``text``: exit code, output."""
    done = subprocess.run([sys.executable, "-c", PROGRAM + text], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_c_ends_the_program_wherever_it_is(place):
    assert _end(PLACES[place]) == (INTERRUPTED, "")


def test_a_program_that_does_not_end_by_itself_is_ended():
    patience = "stopping.PATIENCE = {False: 60.0, True: 1.0}\n"
    deaf = f"try:\n    {PRESS}\n    time.sleep(60)\nfinally:\n    threading.Semaphore(0).acquire()\n"
    assert _end(patience + deaf) == (INTERRUPTED, "")


def test_a_program_that_never_leaves_fragile_code_is_ended():
    patience = "stopping.PATIENCE = {False: 1.0, True: 60.0}\n"
    deaf = f"async def stay():\n    {PRESS}\n    await asyncio.sleep(60)\nasyncio.run(stay())\n"
    assert _end(patience + deaf) == (INTERRUPTED, "")


def test_ctrl_c_that_is_ignored_stays_ignored():
    program = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nstopping.end_on_ctrl_c()\n" + PRESS + "\nprint('went on')"
    assert _end(program) == (0, "went on\n")
