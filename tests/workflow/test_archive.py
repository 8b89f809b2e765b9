"""Archives of whole runs: packed, verified, unpacked and gone on with."""

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from rocrate.rocrate import ROCrate
from scalefront import tables
from scalefront.archive.layout import ABOUT, CRATE, MANIFEST, RECORD
from scalefront.archive.manifest import read_manifest
from scalefront.archive.opening import opened
from scalefront.archive.unpack import unpack
from scalefront.archive.verify import verify
from scalefront.errors import StudyError
from scalefront.study.yaml import read_yaml

from .archives import ARCHIVE, command, git
from .conftest import INF, SMALL, Run

SECOND = SMALL | {
    "title": "Few points",
    "sweep": {"modes": 60, "width": [6], "samples": [INF]},
    "fits": {},
    "claims": [],
    "frontier": None,
    "figures": [],
}


def nothing_to_do(run):
    done = run.snakemake("--dry-run", study=None)
    return "Nothing to be done" in done.stdout + done.stderr


def test_an_archive_is_verified_from_it_alone(archive, tmp_path):
    moved = shutil.copy(archive, tmp_path / "moved.tar")
    done = command("verify", moved, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "is the code that verifies it" in lines[2] and len(lines) == 5
    # all 14 points in theory, and six simulations
    assert lines[3].startswith("verified: 18 points computed anew") or lines[3].startswith("verified: 20 points")
    assert float(lines[3].split()[-1]) <= 1e-9
    with opened(moved) as found:
        assert lines[4].endswith(found.digest)
    assert [path.name for path in tmp_path.iterdir()] == ["moved.tar"]


def test_it_holds_science_and_record_and_is_a_crate(kept, archive, inside, tmp_path):
    science = read_manifest(archive, MANIFEST, inside[MANIFEST])
    record = read_manifest(archive, RECORD, inside[RECORD])
    assert set(science) | set(record) | {RECORD} == set(inside) and not set(science) & set(record)
    assert {"Snakefile", "envs/requirements.txt", "config/studies/small.yaml", "results/small/fits.parquet"} <= set(
        science
    )
    assert {"results/logs/simulate/small/width-8_samples-24.log", "environment.json", CRATE, MANIFEST} <= set(record)
    assert inside["config/studies/small.yaml"] == (kept.folder / "small.yaml").read_bytes()
    about = json.loads(inside[ABOUT])
    assert about["commit"] == git(kept.root, "rev-parse", "HEAD") and about["uncommitted"] == []
    assert about["written"] == ["config/config.yaml", "config/studies/small.yaml"]
    unpack(archive, tmp_path / "crate")
    crate = ROCrate(tmp_path / "crate")
    assert crate.mainEntity.id == "Snakefile" and crate.mainEntity.lang.name == "Snakemake"
    (action,) = (
        crate.root_dataset["mentions"]
        if isinstance(crate.root_dataset["mentions"], list)
        else [crate.root_dataset["mentions"]]
    )
    assert action.type == "CreateAction" and action["instrument"] is crate.mainEntity
    assert "results/small/curves.parquet" in {entity.id for entity in action["result"]}
    assert action["startTime"] <= action["endTime"]
    for entity in crate.data_entities:
        assert (tmp_path / "crate" / entity.id).exists()


def test_packing_twice_gives_the_same_bytes(kept, archive, tmp_path):
    shutil.copytree(kept.folder, tmp_path / "work", copy_function=shutil.copy2)
    run = Run(tmp_path / "work", kept.root)
    assert "Nothing to be done" in run.snakemake("archive").stderr
    (run.folder / ARCHIVE).unlink()
    for path in run.result("small").rglob("*"):
        if path.is_file():
            path.touch()  # times of files are no part of an archive
    run.snakemake("archive", "--rerun-triggers", "params")
    assert (run.folder / ARCHIVE).read_bytes() == archive.read_bytes()


def test_uncommitted_changes_are_refused_before_any_job_unless_asked_for(kept, tmp_path):
    root = shutil.copytree(kept.root, tmp_path / "checkout")
    run = Run(tmp_path / "empty", root)
    run.study(SMALL)
    module = root / "workflow" / "scalefront" / "words.py"
    module.write_text(module.read_text() + "\n# a remark\n")
    (root / "new.txt").write_text("new")
    done = run.snakemake("archive", check=False)
    assert done.returncode == 1 and not run.result("").exists()
    assert "scalefront: archive: uncommitted changes = '? new.txt, M workflow/scalefront/words.py'" in done.stderr
    shutil.copytree(kept.folder, tmp_path / "work", copy_function=shutil.copy2)
    run = Run(tmp_path / "work", root)
    before = (run.folder / ARCHIVE).read_bytes()
    done = run.snakemake(ARCHIVE, check=False)
    assert done.returncode == 1 and "uncommitted changes" in done.stderr
    assert (run.folder / ARCHIVE).read_bytes() == before
    (run.folder / ARCHIVE).unlink()
    run.snakemake("archive", "--config", "archive_uncommitted=true", "studies=small.yaml", study=None)
    with opened(run.folder / ARCHIVE) as found:
        assert found.about["uncommitted"] == ["? new.txt", "M workflow/scalefront/words.py"]
        assert (found.folder / "new.txt").read_text() == "new"
        assert "a remark" in (found.folder / "workflow" / "scalefront" / "words.py").read_text()
    verify(run.folder / ARCHIVE, 1)


def test_a_checkout_without_a_commit_is_refused(kept, tmp_path):
    root = shutil.copytree(kept.root, tmp_path / "checkout", ignore=shutil.ignore_patterns(".git"))
    run = Run(tmp_path / "work", root)
    run.study(SMALL)
    done = run.snakemake("archive", check=False)
    assert done.returncode == 1 and "no git checkout and no unpacked archive" in done.stderr


def test_others_than_the_studies_of_the_configuration_can_be_archived(kept, tmp_path):
    shutil.copytree(kept.folder, tmp_path / "work", copy_function=shutil.copy2)
    run = Run(tmp_path / "work", kept.root)
    run.study(SECOND, "second")
    run.snakemake("archive", "--config", "archive=[second.yaml,small.yaml]", "studies=small.yaml", study=None)
    archive = run.folder / "results" / "archives" / "second+small.tar"
    _, points = verify(archive)
    assert {(point.candidate.study.name, point.candidate.kind) for point in points} >= {("small", "simulation")}
    unpack(archive, tmp_path / "unpacked")
    assert tables.read(tmp_path / "unpacked" / "results" / "claims.parquet")["study"].unique().tolist() == ["small"]


def test_nothing_is_left_to_be_done_in_a_working_copy_and_a_width_is_simulated_alone(archive, tmp_path):
    done = command("unpack", archive, "copy", folder=tmp_path)
    assert done.returncode == 0 and "small in copy" in done.stdout
    copy = Run(tmp_path / "copy", tmp_path / "copy")
    assert nothing_to_do(copy)
    path = copy.folder / "config" / "studies" / "small.yaml"
    changed = read_yaml(path)
    changed["sweep"][0]["width"].append(12)
    copy.study(changed).replace(path)
    before = copy.states()
    planned = copy.snakemake("-n", "--quiet", "rules", study=None).stdout
    rows = dict(line.split() for line in planned.splitlines() if len(line.split()) == 2)
    assert rows["simulate"] == "2" and rows["solve"] == "1"  # 12 with fresh data and with 24 samples; one theory job
    copy.snakemake(study=None)
    after = copy.states()
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before) == ["width-12_samples-24.parquet", "width-12_samples-inf.parquet"]
    curves = tables.read(copy.result("small/curves.parquet"))
    assert set(curves[curves["width"] == 12]["kind"]) == {"simulation", "theory"}


def test_a_working_copy_packs_into_the_same_archive(archive, tmp_path):
    unpack(archive, tmp_path / "copy")
    copy = Run(tmp_path / "copy", tmp_path / "copy")
    copy.snakemake("archive", study=None)
    assert (copy.folder / "results" / "archives" / "default.tar").read_bytes() == archive.read_bytes()
    (copy.folder / "scripts" / "solve.py").write_text("")
    done = copy.snakemake("archive", study=None, check=False)
    assert done.returncode == 1 and "uncommitted changes = 'M scripts/solve.py'" in done.stderr


def test_plain_tar_makes_the_same_working_copy(archive, tmp_path):
    (tmp_path / "copy").mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path / "copy"], check=True)
    copy = Run(tmp_path / "copy", tmp_path / "copy")
    assert nothing_to_do(copy)
    for name in (MANIFEST, RECORD):
        subprocess.run(["sha256sum", "--quiet", "--check", name], cwd=copy.folder, check=True)


@pytest.mark.parametrize("occupied", [True, False])
def test_a_folder_that_is_in_the_way_is_left_alone(archive, tmp_path, occupied):
    target = tmp_path / "copy"
    if occupied:
        target.mkdir()
        (target / "mine").write_text("mine")
    else:
        target.write_text("a file")
    with pytest.raises(StudyError, match="empty or does not exist"):
        unpack(archive, target)
    assert (target / "mine").read_text() == "mine" if occupied else target.read_text() == "a file"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("place", [".", "x" * 300, "/proc/copy"])
def test_a_folder_that_cannot_be_made_is_refused_with_one_line(archive, tmp_path, place):
    done = command("unpack", archive, place, folder=tmp_path)
    assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("scalefront: ") and not list(tmp_path.iterdir())


def test_data_from_elsewhere_come_along(kept, tmp_path):
    run = Run(tmp_path / "work", kept.root)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((60, 4)) * [2, 1, 0.5, 0.2], columns=list("abcd"))
    (tmp_path / "data").mkdir()
    frame.assign(y=frame["a"] - frame["c"]).to_csv(tmp_path / "data" / "my rows.csv", index=False)
    spectrum = {"kind": "data", "path": "../data/my rows.csv", "target": "y"}
    run.study(SECOND | {"spectrum": spectrum, "sweep": {"width": [2], "samples": [INF, 20]}}, "own")
    run.snakemake("archive", study="own.yaml")
    archive = run.folder / "results" / "archives" / "own.tar"
    digest, points = verify(archive)
    assert {point.candidate.kind for point in points} == {"simulation", "theory"} and digest
    unpack(archive, tmp_path / "copy")
    copy = Run(tmp_path / "copy", tmp_path / "copy")
    records = (tmp_path / "copy" / ".snakemake" / "metadata").iterdir()
    assert not [path for path in records if str(tmp_path) in path.read_text()]
    assert nothing_to_do(copy)


@pytest.mark.parametrize("content", [b"", b"not a tar", None])
def test_what_is_no_archive_is_refused_by_the_command_with_one_line(tmp_path, content):
    path = tmp_path / "a.tar"
    if content is not None:
        path.write_bytes(content)
    for arguments in (["verify", path], ["unpack", path, "copy"]):
        done = command(*arguments, folder=tmp_path)
        assert done.returncode == 1 and done.stdout == ""
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith(f"scalefront: {path}")
    assert not (tmp_path / "copy").exists()
