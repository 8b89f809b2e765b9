"""What a killed process leaves: temporary files, locks and orphans, and how living ones are told from them."""

import json
import subprocess
import sys

import pytest
from scalefront import lifeline
from scalefront.atomic import atomic
from scalefront.lifeline import RunEndedError

WRITER = """
import sys
from scalefront.atomic import atomic
with atomic("t.parquet") as temporary:
    temporary.write_text("half of it")
    print("writing", flush=True)
    sys.stdin.read()
"""
RUNNER = """
import os, sys
from pathlib import Path
from scalefront.lifeline import begin
Path("lock").write_text("files")
begin(["lock"])
print(os.environ["SCALEFRONT_RUN"], flush=True)
sys.stdin.read()
"""


def started(program, folder):
    """A process that runs ``program`` up to the line that it prints, and that line."""
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().strip()


def ended(process, kill):
    if kill:
        process.kill()
    process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_next_write_removes_what_a_killed_writer_has_left(tmp_path):
    process, _ = started(WRITER, tmp_path)
    ended(process, kill=True)
    assert len(names(tmp_path)) == 1 and names(tmp_path)[0].startswith(".t.parquet.")
    with atomic(tmp_path / "u.parquet") as temporary:
        temporary.write_text("another file's")
    assert len(names(tmp_path)) == 2
    with atomic(tmp_path / "t.parquet") as temporary:
        temporary.write_text("whole")
    assert names(tmp_path) == ["t.parquet", "u.parquet"]


def test_the_temporary_file_of_a_living_writer_stays(tmp_path):
    process, _ = started(WRITER, tmp_path)
    with atomic(tmp_path / "t.parquet") as temporary:
        temporary.write_text("first")
    assert len(names(tmp_path)) == 2
    ended(process, kill=False)
    assert names(tmp_path) == ["t.parquet"] and (tmp_path / "t.parquet").read_text() == "half of it"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A living run with a lock in the working folder; jobs of this process are its jobs."""
    process, told = started(RUNNER, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(lifeline.RUN, told)
    yield process
    ended(process, kill=True)


@pytest.mark.usefixtures("run")
def test_a_job_of_a_living_run_writes(tmp_path):
    lifeline.release_locks()
    assert (tmp_path / "lock").exists()
    with atomic(tmp_path / "t") as temporary:
        temporary.write_text("kept")
    assert (tmp_path / "t").read_text() == "kept"


@pytest.mark.parametrize("released", [False, True])
def test_a_job_whose_run_was_killed_writes_nothing(run, tmp_path, released):
    ended(run, kill=True)
    if released:  # by the next run
        lifeline.release_locks()
    with pytest.raises(RunEndedError, match="t: not kept"), atomic(tmp_path / "t") as temporary:
        temporary.write_text("dropped")
    assert not [name for name in names(tmp_path) if name.endswith("t")]


def test_the_lock_of_a_killed_run_is_removed(run, tmp_path):
    ended(run, kill=True)
    lifeline.release_locks()
    assert not (tmp_path / "lock").exists() and not names(tmp_path / lifeline.FOLDER)


def test_a_lock_that_another_run_has_taken_since_stays(run, tmp_path):
    ended(run, kill=True)
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").write_text("of another run")
    lifeline.release_locks()
    assert (tmp_path / "lock").read_text() == "of another run"


def test_a_run_of_another_host_is_not_judged(run, tmp_path, monkeypatch):
    ended(run, kill=True)
    monkeypatch.setattr(lifeline, "_host", lambda: "elsewhere")
    lifeline.release_locks()
    assert (tmp_path / "lock").exists()
    with atomic(tmp_path / "t") as temporary:
        temporary.write_text("kept")
    assert (tmp_path / "t").exists()


def test_a_run_that_ends_well_leaves_no_sign(run, tmp_path):
    sign = json.loads((tmp_path / lifeline.FOLDER / names(tmp_path / lifeline.FOLDER)[0]).read_text())
    assert sign["locks"][0][0] == "lock"
    ended(run, kill=False)
    assert names(tmp_path / lifeline.FOLDER) == []
