"""Kills of a job, of Snakemake alone and of all, at random moments: the next run goes on, and no number differs."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
from scalefront.tables import read, read_metadata, write

from .conftest import INF, SCALEFRONT, SMALL

SHARDS = {"simulate", "solve"}
TABLES = ("curves", "fits", "frontier", "claims")
KINDS = 7 * ["job", "snakemake", "all"]
KILLED = SMALL | {"sweep": [SMALL["sweep"][0] | {"samples": [INF]}, *SMALL["sweep"][1:]]}
JOBS = 9  # of that study
TINY = SMALL | {
    "sweep": [{"modes": 100, "width": [8], "samples": [INF]}],
    "fits": {},
    "frontier": None,
    "claims": [],
    "figures": [],
}


def jobs_of(process):
    """The processes of the running jobs of a Snakemake, and the rules that they are jobs of."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                name = re.search(r"/\.snakemake/scripts/[^/]+\.([a-z]+)\.py$", " ".join(child.cmdline()))
                if name and child.name() != "bash":
                    found.append((child, name[1]))
    return found


class Killer:
    """Starts runs and kills them; ``hit`` holds, for each kill, its kind and the rules whose jobs ran.

    Parameters
    ----------
    pace : seconds that a job takes, about
    """

    def __init__(self, run, pace, seed=0, targets=()):
        self.run, self.pace, self.targets = run, pace, targets
        self.random = random.Random(seed)
        self.hit, self.orphans, self.unlocked = [], [], 0
        self.file = run.folder / "said.txt"

    def kill(self, kind, most):
        """Run until up to ``most`` jobs are done and a random time more, then kill; False if the run ended before.

        ``kind`` is "job", "snakemake" (which leaves its jobs alone) or "all" (the whole process group).
        """
        done, rest = self.random.randint(0, most), self.random.uniform(0, 1.5 * self.pace)
        with self.file.open("w") as said:
            process = self.run.start(*self.targets, said=said)
        while process.poll() is None and self.file.read_text().count(" steps (") < done:
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rest)
        running = jobs_of(process)
        while kind == "job" and process.poll() is None and not running:
            running = jobs_of(process)
        if process.poll() is not None:
            self._check_end(process)
            return False
        if kind == "job":
            self.random.choice(running)[0].kill()
        elif kind == "snakemake":
            process.kill()
            self.orphans += [job for job, _ in running]
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.hit.append((kind, {rule for _, rule in running}))
        return True

    def _check_end(self, process):
        """A run that ended by itself ended well, or met the lock of one killed between taking it and saying so."""
        said = self.file.read_text()
        if "LockException" in said:
            self.run.snakemake("--unlock")
            self.unlocked += 1
        else:
            assert process.returncode == 0, said[-3000:]

    def wait_for_orphans(self):
        psutil.wait_procs(self.orphans)

    def go_on(self):
        """Give the same command again, `--unlock` first where a kill came between a lock and the sign of its owner."""
        done = self.run.snakemake(*self.targets, check=False)
        if "LockException" in done.stderr:
            self.run.snakemake("--unlock")
            self.unlocked += 1
            done = self.run.snakemake(*self.targets, check=False)
        assert done.returncode == 0, done.stderr[-3000:]


def assert_same_tables(run, other, names=TABLES):
    """Both runs hold the same rows in the same order, none lost, none doubled; numbers to 1e-10 relative."""
    for name in names:
        a, b = (read(one.result(f"small/{name}.parquet")) for one in (run, other))
        numbers = a.select_dtypes("float").columns
        assert a.drop(columns=numbers).equals(b.drop(columns=numbers)), name
        np.testing.assert_allclose(a[numbers], b[numbers], rtol=1e-10, atol=1e-13, err_msg=name)
    curves = read(run.result("small/curves.parquet"))
    assert not curves.duplicated(["kind", "point", "seed", "time"]).any()


def assert_nothing_is_left(run, *targets):
    """The last run has nothing to do, and neither temporary files nor locks of the killed ones are left."""
    assert "Nothing to be done" in run.snakemake(*targets).stderr
    assert not list(run.result("").rglob(".*"))
    assert not list((run.folder / ".snakemake").glob("locks/*"))
    assert [path.name for path in (run.folder / ".snakemake" / "scalefront").iterdir()] == ["command.json"]


@pytest.mark.slow
def test_kills_at_random_moments_change_no_number(fresh, tmp_path):
    undisturbed = type(fresh)(tmp_path / "undisturbed")
    undisturbed.study(KILLED)
    start = time.perf_counter()
    undisturbed.snakemake()
    fresh.study(KILLED)
    killer = Killer(fresh, pace=(time.perf_counter() - start) / JOBS, seed=1)
    anew = partial(shutil.rmtree, fresh.result(""), ignore_errors=True)
    for number, kind in enumerate(killer.random.sample(KINDS, len(KINDS))):
        if number % 6 == 5:
            anew()  # so that shards are hit, too
        while not killer.kill(kind, most=2):
            anew()
    assert len(killer.hit) == len(KINDS) >= 20
    rules = set.union(*(rules for _, rules in killer.hit))
    assert rules & SHARDS and rules - SHARDS
    assert {kind for kind, rules in killer.hit if rules} == set(KINDS)  # each while jobs ran
    assert killer.orphans
    killer.wait_for_orphans()
    killer.go_on()
    assert_same_tables(fresh, undisturbed)
    assert_nothing_is_left(fresh)
    assert killer.unlocked <= 2


def test_a_kill_of_each_kind_and_then_the_same_command(fresh):
    fresh.study(TINY)
    target = "results/small/curves.parquet"
    killer = Killer(fresh, 1, targets=[target])
    for kind in ("snakemake", "job", "all"):
        killer.kill(kind, most=0)
    killer.wait_for_orphans()
    killer.go_on()
    curves = read(fresh.result("small/curves.parquet"))
    assert len(curves) == 4 * 17 and not curves.duplicated(["kind", "point", "seed", "time"]).any()
    assert_nothing_is_left(fresh, target)


def orphaned(run, rule, *arguments):
    """The stopped orphan of a job of ``rule``, whose Snakemake has been killed, with all its other jobs."""
    process = run.start(*arguments, "results/small/curves.parquet")
    while rule not in (jobs := {name: job for job, name in jobs_of(process)}):
        assert process.poll() is None
    orphan = jobs.pop(rule)
    orphan.suspend()
    process.kill()
    process.wait()
    for other in jobs.values():
        other.kill()
    return orphan


def finish(orphan):
    orphan.resume()
    psutil.wait_procs([orphan])


FEWER_TIMES = TINY | {"time": TINY["time"] | {"points": 5}}


def test_the_orphan_of_an_older_study_changes_nothing(fresh):
    fresh.study(TINY)
    orphan = orphaned(fresh, "simulate")
    fresh.study(FEWER_TIMES)
    fresh.snakemake("results/small/curves.parquet")
    before = fresh.states("**/*.parquet"), fresh.states("logs/**/*.log")
    finish(orphan)
    assert (fresh.states("**/*.parquet"), fresh.states("logs/**/*.log")) == before
    assert read(fresh.result("small/curves.parquet"))["time"].nunique() == 6
    assert_nothing_is_left(fresh, "results/small/curves.parquet")


def rebuild(run, done, named):
    """Run the command that a failed run has printed, which must name the file ``named``; returns the line."""
    assert done.returncode == 1
    (line,) = {line for line in done.stderr.splitlines() if line.startswith("scalefront: ")}  # of all that read it
    assert line.startswith(f"scalefront: results/{named}: ")
    command = line.split("make it anew: ")[1]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    again = subprocess.run(
        command, shell=True, cwd=run.folder, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr[-3000:]
    return line


@pytest.mark.slow
def test_an_orphan_that_cannot_know_better_is_found_out(fresh):
    fresh.study(TINY)
    orphan = orphaned(fresh, "simulate", "--no-hooks")  # as on another host: no sign of its run
    fresh.snakemake("--unlock")
    fresh.study(FEWER_TIMES)
    fresh.snakemake("results/small/curves.parquet")
    finish(orphan)
    done = fresh.snakemake("results/small/curves.parquet", check=False)
    said = rebuild(fresh, done, "small/shards/simulation/width-8_samples-inf.parquet")
    assert "made for other settings or by other code" in said
    curves = read(fresh.result("small/curves.parquet"))
    assert curves["time"].nunique() == 6 and len(curves) == 4 * 6
    assert_nothing_is_left(fresh, "results/small/curves.parquet")


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    pd.DataFrame({"value": [1.0]}).to_parquet(path)


def another(path):
    path.write_bytes(path.with_name("frontier.parquet").read_bytes())


def of_another_study(path):
    write(path, read(path), read_metadata(path) | {"study": "other"})


def of_other_settings(path):
    write(path, read(path), read_metadata(path) | {"mark": "0" * 16})


def of_the_future(path):
    write(path, read(path), read_metadata(path) | {"schema_version": 99})


def without_a_column(path):
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(table.schema.names[-1:]), path)


MEASURED = {
    "title": "All kinds of tables",
    "model": "random_features",
    "seeds": 2,
    "spectrum": {"kind": "data", "path": "bundled:digits", "target": "parity"},
    "time": {"start": 1, "stop": 100, "points": 6, "limit": True},
    "sweep": {"width": [8, 16, 24], "samples": [64], "fan_out": []},
    "order_parameters": {"where": {"width": 8}, "index": [1]},
    "fits": {"agreement": {"of": "test_loss", "law": "relative_difference"}},
    "frontier": {"size": "width", "compute": ["width", "time"], "methods": ["envelope"]},
    "claims": [SMALL["claims"][1]],
    "figures": ["transfer_functions"],
}
FIGURE = "measured/figures/transfer_functions.svg"
DAMAGES = [  # table, damage, what reads it; what is made last comes first, so that nothing else is made anew
    ("measured/claims.parquet", without_a_column, "claims.parquet"),
    ("measured/order_parameters.parquet", foreign, FIGURE),
    ("measured/frontier.parquet", cut_off, FIGURE),
    ("measured/fits.parquet", of_another_study, "measured/claims.parquet"),
    ("measured/curves.parquet", another, "measured/fits.parquet"),
    ("measured/shards/simulation/all.parquet", empty, "measured/curves.parquet"),
    ("measured/shards/theory/all.parquet", of_other_settings, "measured/curves.parquet"),
    ("measured/spectrum.parquet", of_the_future, "measured/order_parameters.parquet"),
]


@pytest.mark.slow
def test_every_damaged_or_foreign_table_is_named_with_a_command_that_works(fresh):
    fresh.study(MEASURED, "measured")
    fresh.snakemake(study="measured.yaml")
    for name, damage, reader in DAMAGES:
        table = read(fresh.result(name))
        damage(fresh.result(name))
        rebuild(fresh, fresh.snakemake(f"results/{reader}", study="measured.yaml", check=False), name)
        pd.testing.assert_frame_equal(read(fresh.result(name)), table, rtol=1e-10)
    fresh.snakemake(study="measured.yaml")


def scalefront(run, *arguments):
    """Run `scalefront` with ``arguments``; returns the finished process with its output."""
    return subprocess.run([*SCALEFRONT, *arguments], cwd=run.folder, capture_output=True, text=True)


@pytest.mark.slow
def test_scalefront_names_a_damaged_table_with_a_command_that_works(continued, finished):
    cut_off(continued.result("small/curves.parquet"))
    done = scalefront(continued, "run", "small.yaml", "--cores", "2")
    assert "Traceback" not in done.stderr + done.stdout and "5 of 5 shards are kept" in done.stdout
    assert "not a whole Parquet table" in rebuild(continued, done, "small/curves.parquet")
    assert_same_tables(continued, finished)
    empty(continued.result("claims.parquet"))
    rebuild(continued, scalefront(continued, "claims"), "claims.parquet")
    assert scalefront(continued, "claims").returncode == 0
