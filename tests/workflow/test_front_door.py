"""What stands before any job: the plan, the refusals, the names, the lean parse."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from scalefront.datasets import export_digits, measure, read_table
from scalefront.study.spectrum import BUNDLED_SETS
from scalefront.study.study import RESERVED

from .conftest import INF, ROOT, SMALL


def test_a_dry_run_in_an_empty_folder_plans_jobs_and_leaves_nothing(fresh):
    planned = fresh.snakemake("--dry-run", study=None)
    assert "simulate" in planned.stdout and "solve" in planned.stdout
    assert not fresh.result("").exists()


@pytest.mark.slow
def test_every_shipped_study_is_a_target_by_its_name(fresh):
    for path in (ROOT / "config" / "studies").glob("*.yaml"):
        assert "curves" in fresh.snakemake("--dry-run", path.stem, study=None).stdout


def test_the_shim_plans_the_same_jobs(fresh):
    command = [sys.executable, "-m", "snakemake", "-s", f"{ROOT}/workflow/Snakefile", "--cores", "1", "-n"]
    done = subprocess.run(command, cwd=fresh.folder, capture_output=True, text=True)
    assert done.returncode == 0 and "solve" in done.stdout


def test_the_workflow_can_be_used_as_a_module(fresh):
    fresh.study(SMALL)
    (fresh.folder / "Snakefile").write_text(
        f'module scaling:\n    snakefile: "{ROOT}/workflow/Snakefile"\n'
        '    config: {"studies": ["small.yaml"]}\n\n'
        "use rule * from scaling as scaling_*\n"
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "-n", "scaling_all"]
    done = subprocess.run(command, cwd=fresh.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "scaling_simulate" in done.stdout


def test_no_rule_can_be_taken_for_a_study(fresh):
    listed = fresh.snakemake("--list-rules", study=None)
    studies = {path.stem for path in (ROOT / "config" / "studies").glob("*.yaml")}
    assert set(listed.stdout.split()) - studies <= set(RESERVED)


def test_parsing_the_workflow_imports_nothing_heavy(fresh):
    fresh.study(SMALL)
    program = f"""
import sys
from snakemake.cli import main
before = set(sys.modules)  # plugins for clusters bring pandas along
sys.argv = ["snakemake", "-s", {str(ROOT / "Snakefile")!r}, "-n", "--config", "studies=small.yaml"]
try:
    main()
except SystemExit as end:
    assert not end.code
heavy = {{"jax", "pandas", "scipy", "matplotlib", "pyarrow", "sklearn", "lmfit"}} & (set(sys.modules) - before)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], cwd=fresh.folder, check=True, capture_output=True)


def refused(run, study="small.yaml"):
    """The one line with which a run is refused: exit code 1, no job, nothing left behind."""
    before = sorted(path.name for path in run.folder.rglob("*"))
    done = run.snakemake(study=study, check=False)
    assert done.returncode == 1
    notices = ("Using workflow specific profile", "Config file ")  # Snakemake's own, before it reads the studies
    said = [line for line in done.stderr.splitlines() if not line.startswith(notices)]
    assert len(said) == 1 and said[0].startswith("scalefront: ")
    assert sorted(path.name for path in run.folder.rglob("*")) == before
    return said[0]


def test_a_refused_study_ends_with_one_line_and_leaves_nothing(fresh):
    fresh.study(SMALL | {"colour": "red"})
    assert "small.yaml: colour" in refused(fresh)


def test_a_name_that_is_taken_is_refused(fresh):
    fresh.study(SMALL, "digits")
    assert "taken" in refused(fresh, "digits.yaml")


def test_a_study_that_does_not_exist_is_refused(fresh):
    assert "absent" in refused(fresh, "absent")


DATA = {"kind": "data", "path": "rows.csv", "target": "y"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,y\n" + "1,2,3\n" * 9 + "1,text,3\n", "b"),
        ("a,b,y\n" + "1,2,3\n" * 9 + "1,,3\n", "finite"),
        ("a,b\n1,2\n", "target"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(fresh, text, said):
    (fresh.folder / "rows.csv").write_text(text)
    grid = {"width": [float("inf")], "samples": [float("inf")]}
    kept = {key: SMALL[key] for key in ("title", "model", "time")}
    fresh.study(kept | {"spectrum": DATA, "sweep": grid})
    assert said in refused(fresh)


@pytest.mark.parametrize("values", [[2.0, -1.0, 0.5], [2.0, np.nan, 0.5]])
def test_a_spectrum_with_negative_or_missing_eigenvalues_is_refused(fresh, values):
    np.savez(fresh.folder / "spectrum.npz", eigenvalue=np.array(values), task_power=np.ones(3))
    kept = {key: SMALL[key] for key in ("title", "model", "time")}
    grid = {"width": [2], "samples": [float("inf")]}
    fresh.study(kept | {"spectrum": {"kind": "table", "path": "spectrum.npz"}, "sweep": grid})
    assert "eigenvalue" in refused(fresh)


def test_a_study_from_elsewhere_is_found_by_its_path(fresh):
    content = copy.deepcopy(SMALL)
    path = fresh.study(content)
    other = fresh.folder / "elsewhere"
    other.mkdir()
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "-n", "--config", f"studies={path}"]
    done = subprocess.run(command, cwd=other, capture_output=True, text=True)
    assert done.returncode == 0 and "simulate" in done.stdout


@pytest.mark.parametrize("width", [62, 3000])
def test_a_width_beyond_the_rank_of_the_digits_is_refused(fresh, width):
    kept = {key: SMALL[key] for key in ("title", "model", "time")}
    spectrum = {"kind": "data", "path": "bundled:digits", "target": "parity"}
    fresh.study(kept | {"spectrum": spectrum, "sweep": {"width": [width], "samples": [64]}})
    assert "at most modes = 61" in refused(fresh)


def test_the_rank_of_the_digits_is_the_declared_one(tmp_path):
    export_digits(tmp_path / "digits.npz")
    measured = measure(*read_table(tmp_path / "digits.npz", "parity"))
    assert len(measured.eigenvalue) == BUNDLED_SETS["digits"].modes


def test_a_broken_file_blocks_no_other_study_but_is_refused_when_asked_for(fresh):
    fresh.study(SMALL)
    (fresh.folder / "config" / "studies").mkdir(parents=True)
    (fresh.folder / "config" / "studies" / "broken.yaml").write_text("title: [")
    assert fresh.planned()["solve"] == 1
    assert "broken.yaml" in refused_target(fresh, "broken")


def refused_target(run, target):
    done = run.snakemake(target, study=None, check=False)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_a_target_with_bad_rows_is_refused_before_any_job(fresh):
    folder = fresh.folder / "config" / "studies"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text(",a,b,y\n" + "1,2,3,4\n" * 12)
    kept = {key: SMALL[key] for key in ("title", "model", "time")}
    path = fresh.study(kept | {"spectrum": DATA, "sweep": {"width": [INF], "samples": [INF]}}, "rows")
    path.rename(folder / "rows.yaml")
    assert "a column has no name" in refused_target(fresh, "rows")


def test_files_of_no_study_have_no_rule(fresh):
    for path in ("nope/curves.parquet", "digits/figures/foo.svg", "datasets/foo.npz"):
        done = fresh.snakemake("-n", f"results/{path}", study=None, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 1 and "MissingRuleException" in said and "Traceback" not in said
