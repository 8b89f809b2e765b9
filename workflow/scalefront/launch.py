"""`make run`: what will happen, Snakemake with one line a shard, the report, the verdicts, what to try next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from scalefront.command_line import COMMAND, typed
from scalefront.jobs import INTERRUPTED
from scalefront.lifeline import release_locks

LOG = Path("results/snakemake.log")
REPORT = Path("results/report.html")
KILLED = 128  # and the number of the signal: exit code of a process that a signal has ended
CLAIMS = Path("results/claims.parquet")
# Until the workflow is read, and sees to Ctrl-C itself, Ctrl-C ends Snakemake without a traceback.
PROGRAM = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); from snakemake.cli import main; main()"


def snakemake(*arguments):
    """The command that runs this interpreter's Snakemake."""
    return [sys.executable, "-c", PROGRAM, *arguments]


def run_studies(snakefile, cores, first, arguments):
    """Run Snakemake with its own log in a file and progress on the screen; returns its exit code.

    ``first`` names targets whose jobs go before all others. Ctrl-C reaches Snakemake, which ends its jobs; all have
    ended before this returns INTERRUPTED. A Snakemake that is killed by a signal gives a code as a shell has it.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = snakemake("--snakefile", str(snakefile), "--cores", cores, "--logger", "scalefront")
    command += [*(["--prioritize", *first] if first else []), *arguments]
    process = subprocess.Popen(command, env=os.environ | {"SCALEFRONT_LOG": str(LOG), COMMAND: typed(sys.argv)})
    try:
        code = process.wait()
        return code if code >= 0 else KILLED - code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.wait()
        return INTERRUPTED


def unlock(snakefile):
    """The command that removes the lock of the working folder; None where there is none but of runs that are killed."""
    release_locks()
    if not any(Path(".snakemake/locks").glob("*.lock")):
        return None
    return typed([str(Path(sys.executable).with_name("snakemake")), "--snakefile", str(snakefile), "--unlock"])


def write_report(snakefile, arguments=()):
    """Write results/report.html unless it is newer than all that it shows; returns whether there is one."""
    shown = [CLAIMS, *Path("results").glob("*/figures/*")]
    if REPORT.exists() and all(path.stat().st_mtime < REPORT.stat().st_mtime for path in shown if path.exists()):
        return True
    unfinished = REPORT.with_suffix(".part.html")
    with LOG.open("a") as log:
        command = snakemake("--snakefile", str(snakefile), "--report", str(unfinished), *arguments)
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode == 0:
        unfinished.replace(REPORT)
    return done.returncode == 0
