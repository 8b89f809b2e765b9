"""`scalefront run`: what a person sees from the first line to the last, and after Ctrl-C."""

import os
import re
import signal
import subprocess
import sys

from .conftest import SMALL

RUN = [sys.executable, "-c", "from scalefront.cli import main; main()", "run", "small.yaml", "--cores", "2"]


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
