"""`scalefront run`: what a person sees from the first line to the last, and after Ctrl-C."""

import os
import pty
import random
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from .conftest import SCALEFRONT, SMALL

RUN = [*SCALEFRONT, "run", "small.yaml", "--cores", "2"]


def test_a_run_says_what_happens_prints_a_line_a_shard_and_ends_with_the_verdicts(fresh):
    fresh.study(SMALL)
    done = subprocess.run(RUN, cwd=fresh.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shards = [
        line for line in done.stderr.splitlines() if re.match(r"\[\d+/\d+ \d+:\d\d\] (simulate|solve) small", line)
    ]
    assert len(shards) == 5
    assert "first figure: results/small/figures/loss_against_time" in done.stderr
    assert "Traceback" not in done.stderr
    assert "small" in done.stdout.splitlines()[0] and "results/snakemake.log" in done.stdout
    closing = done.stdout.splitlines()[2:]
    assert len(closing) <= 25 and "L ~ t^-source" in done.stdout and "results/report.html" in done.stdout
    assert fresh.result("report.html").stat().st_size > 100_000
    assert "rule solve" in fresh.result("snakemake.log").read_text()

    again = subprocess.run(RUN, cwd=fresh.folder, capture_output=True, text=True)
    assert again.returncode == 0 and again.stdout.splitlines()[2:] == closing
    assert "[" not in again.stderr


def test_the_report_needs_no_network(fresh, finished):
    report = fresh.folder / "report.html"
    finished.snakemake("--report", str(report))
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', report.read_text())
    assert not [address for address in loaded if address.endswith((".js", ".css"))]


def test_a_job_that_fails_is_named_with_its_log(checkout):
    checkout.edit("models/random_features/theory/solve.py", "    solved = {}", "    solved = {}[0]")
    shards = checkout.states()
    done = checkout.snakemake("--logger", "scalefront", check=False)
    assert done.returncode == 1
    assert "failed: solve small all; see results/logs/solve/small/all.log" in done.stderr
    assert "Traceback" not in done.stderr
    assert "KeyError" in checkout.result("logs/solve/small/all.log").read_text()
    assert checkout.states() == shards


def test_ctrl_c_says_what_is_kept_and_the_next_run_goes_on(fresh):
    fresh.study(SMALL)
    process = subprocess.Popen(
        RUN, cwd=fresh.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in process.stderr:
        if finished := re.match(r"\[1/\d+ \d+:\d\d\] (simulate|solve) small (\S+)", line):
            break
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=120)
    assert process.returncode == 130, complained
    assert "kept" in said and "same command" in said
    assert "failed" not in complained
    kind = {"simulate": "simulation", "solve": "theory"}[finished[1]]
    shard = f"small/shards/{kind}/{finished[2]}.parquet"
    before = fresh.states(shard)
    assert before
    done = subprocess.run(RUN, cwd=fresh.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert fresh.states(shard) == before


# run a command in the terminal that is its standard input, which Ctrl-C then reaches
IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def typed_ctrl_c(folder, due):
    """What `scalefront run` shows in a terminal where Ctrl-C is typed as soon as ``due(process)``; exit code."""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *RUN],
        cwd=folder,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    shown, typed = "", False
    os.set_blocking(terminal, False)
    while True:
        try:
            shown += os.read(terminal, 65536).decode()
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:  # closed
            break
        if not typed and due(process.pid):
            os.write(terminal, b"\x03")
            typed = True
    os.close(terminal)
    return shown, process.wait()


def runs(process, *words):
    """Whether a process below ``process`` has one of ``words`` in its command line."""
    try:
        lines = [" ".join(child.cmdline()) for child in psutil.Process(process).children(recursive=True)]
    except psutil.Error:
        return False
    return any(word in line for line in lines for word in words)


def seconds_later(seconds, *words):
    """Whether a process below the given one has had one of ``words`` in its command line for ``seconds``."""
    began = []

    def due(process):
        if not began and runs(process, *words):
            began.append(time.monotonic())
        return bool(began) and time.monotonic() - began[0] >= seconds

    return due


STAGES = {  # words in the command line of a process that shows it
    "start": ("snakemake.cli",),
    "shards": (".simulate.py", ".solve.py"),
    "fits": (".fit.py",),
    "report": ("--report",),
}


@pytest.mark.parametrize("stage", STAGES)
def test_ctrl_c_in_a_terminal_ends_with_one_clear_message_at_any_moment(continued, stage):
    if stage in ("start", "shards"):
        kept = [path.unlink() for path in continued.result("small/shards/simulation").glob("width-8_*")]
        continued.result("small/shards/theory/all.parquet").unlink()
        continued.result("small/curves.parquet").unlink()
        assert len(kept) == 2
    elif stage == "fits":
        continued.result("small/fits.parquet").unlink()
    due = seconds_later(random.Random(stage).uniform(0, 0.5), *STAGES[stage])
    shown, code = typed_ctrl_c(continued.folder, due)
    assert code == 130, shown
    assert "Traceback" not in shown and "failed" not in shown and "rror" not in shown
    kept = re.findall(r"Stopped\. (\d) of 5 shards are kept in results/; the same command goes on from there\.", shown)
    assert len(kept) == shown.count("Stopped") == 1
    assert int(kept[0]) >= 2 if stage in ("start", "shards") else kept == ["5"]
    assert not list(continued.folder.glob(".snakemake/locks/*"))


def test_ctrl_c_on_plain_snakemake_says_what_is_kept(fresh):
    fresh.study(SMALL)
    with (fresh.folder / "said.txt").open("w") as said:
        process = fresh.start(said=said)
        while not runs(process.pid, ".simulate.py"):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 130
    said = (fresh.folder / "said.txt").read_text()
    assert "Traceback" not in said and said.count("Stopped.") == 1
    assert said.splitlines()[-1] == "Stopped. 0 of 5 shards are kept in results/; the same command goes on from there."


def test_a_run_whose_snakemake_was_killed_says_what_is_kept_and_leaves_no_lock(fresh):
    fresh.study(SMALL)
    process = subprocess.Popen(RUN, cwd=fresh.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while not runs(process.pid, ".simulate.py", ".solve.py"):
        assert process.poll() is None
    jobs = psutil.Process(process.pid).children(recursive=True)
    jobs[0].kill()
    said, _ = process.communicate()
    assert process.returncode == 137
    assert "did not finish" in said and "of 5 shards are kept" in said and "locked" not in said
    assert not list(fresh.folder.glob(".snakemake/locks/*"))
    psutil.wait_procs(jobs)
    assert not list(fresh.result("").rglob("*.parquet"))  # the orphans have dropped what they made


def test_a_lock_of_unknown_owner_is_named_with_the_command_that_removes_it(fresh):
    fresh.study(SMALL)
    lock = fresh.folder / ".snakemake" / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("results/small/curves.parquet\n")
    done = subprocess.run(RUN, cwd=fresh.folder, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr and lock.exists()
    command = re.search("remove the lock first: (.*)", done.stdout)[1]
    subprocess.run(command, shell=True, cwd=fresh.folder, check=True, capture_output=True)
    assert not lock.exists()
