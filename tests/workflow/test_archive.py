"""Archives of whole runs: packed, verified, tampered with, unpacked and gone on with."""

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rocrate.rocrate import ROCrate
from scalefront import tables
from scalefront.archive.crate import crate_bytes
from scalefront.archive.layout import ABOUT, CRATE, MANIFEST, RECORD, is_record
from scalefront.archive.manifest import manifest, read_manifest, sha256
from scalefront.archive.opening import opened
from scalefront.archive.tar import File, write_tar
from scalefront.archive.unpack import unpack
from scalefront.archive.verify import verify
from scalefront.errors import StudyError
from scalefront.study.yaml import read_yaml

from .conftest import INF, ROOT, SMALL, Run

PARTS = ("Snakefile", "workflow", "scripts", "config", "profiles", "envs", "README.md", ".gitignore")
SECOND = SMALL | {
    "title": "Few points",
    "sweep": {"modes": 60, "width": [6], "samples": [INF]},
    "fits": {},
    "claims": [],
    "frontier": None,
    "figures": [],
}
ARCHIVE = "results/archives/small.tar"


def git(root, *arguments):
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@localhost"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def kept(finished, tmp_path_factory):
    """The finished run in a git checkout, and its archive."""
    root = tmp_path_factory.mktemp("kept") / "checkout"
    root.mkdir()
    for part in PARTS:
        copier = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        copier(
            ROOT / part,
            root / part,
            **({"ignore": shutil.ignore_patterns("__pycache__")} if copier != shutil.copy2 else {}),
        )
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "code")
    shutil.copytree(finished.folder, root.parent / "work", copy_function=shutil.copy2)
    run = Run(root.parent / "work", root)
    run.snakemake("archive")
    return run


@pytest.fixture
def archive(kept):
    return kept.folder / ARCHIVE


@pytest.fixture
def inside(archive):
    """name -> bytes of the archive, to be changed and packed again."""
    with tarfile.open(archive) as opened_tar:
        return {member.name: opened_tar.extractfile(member).read() for member in opened_tar}


def forged(inside, path, seal=True):
    """A tar of changed contents; ``seal`` makes manifests and crate consistent again, as a forger would."""
    inside, about = dict(inside), json.loads(inside[ABOUT])
    if seal:
        listed = {name: sha256(content) for name, content in inside.items() if not is_record(name)}
        inside[MANIFEST] = manifest(listed)
        titles = dict.fromkeys(about["studies"], "forged")
        sizes = {name: len(content) for name, content in inside.items() if name not in (CRATE, RECORD)}
        inside[CRATE] = crate_bytes(about, titles, sizes, listed, "9")
        record = {name: sha256(text) for name, text in inside.items() if is_record(name) and name != RECORD}
        inside[RECORD] = manifest(record)
    with path.open("wb") as stream:
        write_tar(stream, {name: File(content) for name, content in inside.items()}, about["time"])
    return path


def refusal(path, count=1):
    with pytest.raises(StudyError) as caught:
        verify(path, count)
    said = str(caught.value)
    assert "\n" not in said and said.startswith(str(path))
    return said.removeprefix(f"{path}: ")


def command(*arguments, folder):
    program = "from scalefront.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=folder, capture_output=True, text=True
    )


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


def test_packing_twice_gives_the_same_bytes(kept, archive):
    before = archive.read_bytes()
    assert "Nothing to be done" in kept.snakemake("archive").stderr
    archive.unlink()
    for path in kept.result("small").rglob("*"):
        if path.is_file():
            path.touch()  # times of files are no part of an archive
    kept.snakemake("archive", "--rerun-triggers", "params")
    assert archive.read_bytes() == before


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


def test_bytes_flipped_anywhere_are_refused(archive, tmp_path):
    whole, rng = archive.read_bytes(), np.random.default_rng(1)
    broken = tmp_path / "broken.tar"
    for place in rng.integers(0, len(whole), 40):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.integers(8))]) + whole[place + 1 :])
        assert refusal(broken)


CHANGES = {
    "missing": lambda files: files.pop("results/small/fits.parquet"),
    "extra": lambda files: files.update({"results/small/more.parquet": b"more"}),
    "altered": lambda files: files.update({"results/small/fits.parquet": files["results/small/curves.parquet"]}),
    "no manifest": lambda files: files.pop(MANIFEST),
    "a manifest that leads elsewhere": lambda files: files.update(
        {MANIFEST: manifest({"../../etc/passwd": "0" * 64}) + files[MANIFEST]}
    ),
    "a broken manifest": lambda files: files.update({MANIFEST: files[MANIFEST][:-20]}),
    "an altered log": lambda files: files.update({"results/logs/merge/small.log": b"forged"}),
    "an altered crate": lambda files: files.update({CRATE: files[CRATE].replace(b"Snakefile", b"snakefile")}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_files_that_are_not_those_of_the_manifests_are_refused(inside, tmp_path, change):
    CHANGES[change](inside)
    said = refusal(forged(inside, tmp_path / "a.tar", seal=False))
    assert any(word in said for word in ("missing", "extra", "altered", "manifest", "not a SHA-256"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def rewritten(content, change, folder):
    """The bytes of a table with its rows changed, metadata kept."""
    path = folder / "table.parquet"
    path.write_bytes(content)
    told, schema = tables.read_metadata(path), tables.schema(path)
    frame = change(tables.read(path))
    exact = schema if set(schema.names) == set(frame.columns) else None
    tables.write(path, pa.Table.from_pandas(frame, exact, preserve_index=False), told)
    made = path.read_bytes()
    path.unlink()
    return made


def scaled(frame):
    return frame.assign(test_loss=frame["test_loss"] * (1 + 1e-7))


def refuted(frame):
    return frame.assign(verdict="refuted")


def without_a_seed(frame):
    return frame[~((frame["kind"] == "simulation") & (frame["seed"] == 1) & (frame["width"] == 8))]


SHARD = "results/small/shards/simulation/width-8_samples-24.parquet"
FORGERIES = {
    "a curve left out": ([SHARD, "results/small/curves.parquet"], without_a_seed, "missing: the study asks for it"),
    "curves that are not the shards": (["results/small/curves.parquet"], scaled, "not those of the shards"),
    "another verdict": (["results/small/claims.parquet"], refuted, "do not follow"),
    "gathered claims": (["results/claims.parquet"], refuted, "not the claims"),
    "a column": (["results/small/fits.parquet"], lambda frame: frame.assign(more=1.0), "columns"),
    "losses": (
        ["results/small/curves.parquet", "results/small/shards/theory/all.parquet"],
        lambda frame: scaled(frame) if set(frame["kind"]) == {"theory"} else frame.assign(
            test_loss=frame["test_loss"].where(frame["kind"] != "theory", scaled(frame)["test_loss"])
        ),
        "computed anew, its losses differ by 1.0e-07",
    ),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_with_its_manifests_made_anew_is_seen(inside, tmp_path, forgery):
    names, change, expected = FORGERIES[forgery]
    for name in names:
        inside[name] = rewritten(inside[name], change, tmp_path)
    assert expected in refusal(forged(inside, tmp_path / "a.tar"))


def about_with(**changes):
    return lambda files: files.update({ABOUT: json.dumps(json.loads(files[ABOUT]) | changes).encode()})


@pytest.mark.parametrize("name", ["claims.parquet", "curves.parquet", "shards/theory/all.parquet"])
def test_a_table_of_more_rows_than_its_study_makes_is_refused_before_it_is_read(inside, tmp_path, monkeypatch, name):
    member = f"results/small/{name}"
    inside[member] = rewritten(inside[member], lambda frame: pd.concat([frame] * 50), tmp_path)
    path = forged(inside, tmp_path / "a.tar")
    monkeypatch.setattr(tables, "read", None)
    monkeypatch.setattr(tables, "merge", None)
    assert f"results/small/{name}: rows = " in refusal(path)


SEALED = {
    "a later format": (about_with(format=2), "format = 2"),
    "a format that is no number": (about_with(format=True), "format = True"),
    "no commit": (about_with(commit="HEAD; rm -rf"), "must hold"),
    "a study that leads elsewhere": (about_with(studies=["../../small"]), "studies"),
    "no study": (about_with(studies=[]), "must hold"),
    "a study that is not valid": (
        lambda files: files.update({"config/studies/small.yaml": b"title: [\n"}),
        "config/studies/small.yaml",
    ),
    "a study with data outside": (
        lambda files: files.update(
            {
                "config/studies/small.yaml": b"title: x\nmodel: random_features\n"
                b"spectrum: {kind: table, path: /etc/passwd}\n"
                b"time: {values: [1]}\nsweep: {width: [2], samples: [.inf]}\n"
            }
        ),
        "a member of the archive",
    ),
    "a result that no study makes": (lambda files: files.update({"results/other/curves.parquet": b""}), "extra"),
    "a result too few": (lambda files: files.pop("results/small/figures/loss_against_time.png"), "missing"),
    "a table that is none": (lambda files: files.update({"results/small/fits.parquet": b"PAR1"}), "fits.parquet"),
    "other code": (
        lambda files: files.update({"scripts/solve.py": files["scripts/solve.py"] + b"\nprint(1)\n"}),
        "made by other code",
    ),
    "code that is no code": (lambda files: files.update({"scripts/solve.py": b"("}), "scripts/solve.py"),
}


@pytest.mark.parametrize("change", SEALED)
def test_an_archive_that_contradicts_itself_is_refused(inside, tmp_path, change):
    edit, expected = SEALED[change]
    edit(inside)
    assert expected in refusal(forged(inside, tmp_path / "a.tar"))


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


def test_the_code_of_the_archive_can_verify_it(inside, tmp_path):
    """Told apart from the installed code by a line of its own."""
    name = "workflow/scalefront/archive/verify.py"
    inside[name] = inside[name].replace(b'say(f"{number} tables', b'say(f"by the archive: {number} tables')
    path = forged(inside, tmp_path / "a.tar")
    done = command("verify", path, "--archived-code", "--points", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "by the archive:" in done.stdout and "verified: 2 points" in done.stdout
    assert Path(path).exists()
