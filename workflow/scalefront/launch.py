"""`make run`: what will happen, Snakemake with one line a shard, the report, the verdicts, what to try next."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from scalefront.jobs import INTERRUPTED

LOG = Path("results/snakemake.log")
REPORT = Path("results/report.html")
CLAIMS = Path("results/claims.parquet")


def snakemake(*arguments):
    """The command that runs this interpreter's Snakemake."""
    return [sys.executable, "-m", "snakemake", *arguments]


def run_studies(snakefile, cores, first, arguments):
    """Run Snakemake with its own log in a file and progress on the screen; returns its exit code.

    ``first`` names targets whose jobs go before all others. Ctrl-C reaches Snakemake and its jobs; they end before this
    returns INTERRUPTED.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = snakemake("--snakefile", str(snakefile), "--cores", cores, "--logger", "scalefront")
    command += [*(["--prioritize", *first] if first else []), *arguments]
    process = subprocess.Popen(command, env=os.environ | {"SCALEFRONT_LOG": str(LOG)})
    try:
        return process.wait()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.wait()
        return INTERRUPTED


def write_report(snakefile, arguments=()):
    """Write results/report.html unless it is newer than all that it shows; returns whether there is one."""
    shown = [CLAIMS, *Path("results").glob("*/figures/*")]
    if REPORT.exists() and all(path.stat().st_mtime < REPORT.stat().st_mtime for path in shown if path.exists()):
        return True
    with LOG.open("a") as log:
        command = snakemake("--snakefile", str(snakefile), "--report", str(REPORT), *arguments)
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0
