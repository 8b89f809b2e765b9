"""Seconds of functions, programs and commands."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 5


def median(function, repeats=REPEATS):
    """Median seconds of warm calls."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


def measured(program):
    """(seconds that a program prints, its peak memory in MiB), in a process of its own."""
    peak = "next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]"
    wrapper = f"{program}\nprint(int({peak}) / 1024)"
    done = subprocess.run([sys.executable, "-c", wrapper], cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def lasted(command, folder, environment=None):
    """Seconds of a whole command in ``folder``."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start
