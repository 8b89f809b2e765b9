"""Archives that somebody has changed: a byte, a file, a number with all manifests made anew."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scalefront import tables
from scalefront.archive.layout import ABOUT, CRATE, MANIFEST
from scalefront.archive.manifest import manifest

from .archives import command, forged, refusal


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


def test_the_code_of_the_archive_can_verify_it(inside, tmp_path):
    """Told apart from the installed code by a line of its own."""
    name = "workflow/scalefront/archive/verify.py"
    inside[name] = inside[name].replace(b'say(f"{number} tables', b'say(f"by the archive: {number} tables')
    path = forged(inside, tmp_path / "a.tar")
    done = command("verify", path, "--archived-code", "--points", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "by the archive:" in done.stdout and "verified: 2 points" in done.stdout
