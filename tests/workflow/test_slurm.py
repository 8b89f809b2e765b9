"""Whole runs through a real Slurm on this machine: jobs die in the middle, and the tables are those of a local run."""

import copy
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scalefront.tables import read

from tests.required import need

from . import slurm_node
from .conftest import INF, ROOT, SMALL, Run

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.usefixtures("slurm")]

LIMIT = 900  # seconds that a run may take on a loaded machine; about 90 on a quiet one with two cores
TABLES = ("curves", "fits", "frontier", "claims")


@pytest.fixture(scope="module")
def slurm():
    with slurm_node.alone():
        reason = slurm_node.missing()
        need("slurm", not reason, reason)
        with slurm_node.running_slurm() as folder:
            yield folder


def study():
    """The small study with one shard of simulations of a moment, and two of several seconds each."""
    content = copy.deepcopy(SMALL)
    content["sweep"][0]["fan_out"] = []
    long = {"optimizer": "sgd", "learning_rate": 0.1, "batch": 4, "fan_out": ["optimizer", "width"]}
    content["sweep"].append({"curves": "simulation", "modes": 100, "width": [8, 16], "samples": INF} | long)
    content["fits"]["agreement"]["where"]["optimizer"] = "gradient_flow"
    return content


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The study, run without a scheduler."""
    run = Run(tmp_path_factory.mktemp("local") / "work")
    run.study(study())
    run.snakemake()
    return run


class Submission:
    """Snakemake on a study in ``run``, through a profile; a run that does not end in time is ended."""

    def __init__(self, run, profile, *arguments):
        self.run, self.log = run, run.folder / "snakemake.log"
        self.until = time.monotonic() + LIMIT
        command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--workflow-profile", profile]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, *arguments, "--config", "studies=small.yaml"],
                cwd=run.folder,
                env=slurm_node.environment(),
                stdout=log,
                stderr=log,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def await_(self, found, what):
        """What ``found()`` returns once it is something."""
        while not (answer := found()):
            ended = self.process.poll() is not None
            assert not ended and time.monotonic() < self.until, f"no {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)
        return answer

    def finish(self):
        self.process.wait(timeout=max(1.0, self.until - time.monotonic()))
        assert self.process.returncode == 0, self.log.read_text()[-3000:]


def simulating(run, shards=("",)):
    """(job, process id, shard) of a job that is in the middle of simulating one of ``shards``, if there is one."""
    comments = {job: comment for job, state, comment, *_ in slurm_node.jobs() if state == "RUNNING"}
    begun = {path.stem for path in (run.folder / "results" / "logs" / "simulate" / "small").glob("*.log")}
    for job, process in slurm_node.scripts("simulate", run.folder).items():
        for shard in shards:
            if comments.get(job, "").endswith(shard) and begun and begun >= {shard} - {""}:
                return job, process, shard
    return None


def assert_same_tables(one, other):
    """Same rows, same draws; numbers to 1e-10 relative."""
    for name in TABLES:
        a, b = (read(run.result(f"small/{name}.parquet")) for run in (one, other))
        assert list(a.columns) == list(b.columns) and len(a) == len(b) > 0, name
        numbers = a.select_dtypes("float").columns
        assert a.drop(columns=numbers).equals(b.drop(columns=numbers)), name
        np.testing.assert_allclose(a[numbers], b[numbers], rtol=1e-10, atol=0, err_msg=name)


def test_a_cancelled_and_a_killed_job_are_sent_again_and_leave_the_tables_of_a_local_run(local, tmp_path):
    run = Run(tmp_path / "work")
    run.study(study())
    shards = {f"optimizer-sgd_width-{width}" for width in (8, 16)}
    checks = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"]
    with Submission(run, "slurm", *checks, "--seconds-between-status-checks", "1", "--latency-wait", "10") as submitted:
        cancelled, _, first = submitted.await_(lambda: simulating(run, shards), "job to cancel")
        slurm_node.cancel(cancelled)
        killed, process, second = submitted.await_(lambda: simulating(run, shards - {first}), "job to kill")
        os.kill(process, signal.SIGKILL)
        submitted.finish()
    assert_same_tables(local, run)
    table = slurm_node.jobs()
    for job, shard, state in ((cancelled, first, "CANCELLED"), (killed, second, "FAILED")):
        attempts = [row for row in table if row[2].endswith(shard)]
        before, after = attempts
        assert before[0] == job and [before[1], after[1]] == [state, "COMPLETED"]
        assert in_mb(after[3]) == 2 * in_mb(before[3]) and in_minutes(after[4]) == 2 * in_minutes(before[4])
    assert "Nothing to be done" in run.snakemake().stderr  # another executor makes nothing anew


def test_another_scheduler_is_served_by_a_submit_command_and_a_status_script(local, tmp_path):
    run = Run(tmp_path / "work")
    run.study(study())
    with Submission(run, "cluster-generic", "--seconds-between-status-checks", "1") as submitted:
        job, process, _ = submitted.await_(lambda: simulating(run), "job to kill")
        assert status(job) == "running"
        os.kill(process, signal.SIGKILL)
        submitted.finish()
    assert_same_tables(local, run)
    assert status(job) == "failed"
    assert {status(row[0]) for row in slurm_node.jobs() if row[1] == "COMPLETED"} == {"success"}


def status(job):
    script = ROOT / "profiles" / "cluster-generic" / "slurm_status.sh"
    return subprocess.run(
        [str(script), job], capture_output=True, text=True, env=slurm_node.environment(), check=True
    ).stdout.strip()


def in_mb(memory):
    """Slurm prints 1600M, 1.5625G or the like."""
    units = {"M": 1, "G": 1024}
    return float(memory[:-1]) * units[memory[-1]]


def in_minutes(limit):
    """Slurm prints h:mm:ss or mm:ss."""
    seconds = 0
    for part in limit.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds / 60
