"""Manifests, records, names and the choice of points."""

import json
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from scalefront.archive.asked import archive_name, uncommitted_allowed
from scalefront.archive.contents import config_file, require_packable, study_files
from scalefront.archive.crate import crate_bytes, require_crate
from scalefront.archive.layout import CRATE, is_code, is_record, is_safe
from scalefront.archive.manifest import compare, manifest, read_manifest, sha256
from scalefront.archive.recompute import _difference, chosen
from scalefront.archive.records import read_record, record_name, when
from scalefront.archive.source import Source, read_source, require_committed, without
from scalefront.archive.tar import File
from scalefront.errors import StudyError

HASHES = {"b": sha256(b"b"), "a/c": sha256(b"c")}


def test_a_manifest_is_read_back():
    text = manifest(HASHES)
    assert text.decode().splitlines()[0] == f"{HASHES['a/c']}  a/c"
    assert read_manifest("x.tar", "m", text) == HASHES
    compare("x.tar", "m", HASHES, dict(HASHES))


@pytest.mark.parametrize(
    "text",
    [
        manifest(HASHES)[:-1],
        manifest(HASHES) * 2,
        b"b\n",
        manifest({"../b": HASHES["b"]}),
        manifest(HASHES).replace(b"  ", b" "),
        manifest(HASHES).replace(b"\n", b"\r\n"),
        b"\xff" + manifest(HASHES),
    ],
)
def test_anything_else_than_a_manifest_is_refused_with_one_line(text):
    with pytest.raises(StudyError) as caught:
        read_manifest("x.tar", "m", text)
    assert "\n" not in str(caught.value) and "x.tar: m" in str(caught.value)


@pytest.mark.parametrize(
    ("found", "said"),
    [({"b": HASHES["b"]}, "a/c: missing"), (HASHES | {"d": "0"}, "d: extra"), (HASHES | {"b": "0"}, "b: altered")],
)
def test_members_that_are_not_those_of_the_manifest_are_named(found, said):
    with pytest.raises(StudyError, match=said):
        compare("x.tar", "m", HASHES, found)


def test_names_are_plain_relative_paths():
    for name in ("a", ".ci/run", "a/b-1.5_c+d.parquet", ".snakemake/metadata/@abc/d=="):
        assert is_safe(name)
    for name in ("", "/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "a\\b", "a\0", "ä", "a" * 256, "a/" * 600 + "a"):
        assert not is_safe(name)


def test_science_record_and_code_are_told_apart():
    assert is_record(CRATE) and is_record("results/logs/pack.log") and is_record(".snakemake/metadata/x")
    assert not is_record("results/small/fits.parquet") and not is_record("scripts/solve.py")
    assert is_code("scripts/solve.py") and not is_code("results/claims.md") and not is_code("archive.json")


def test_records_lie_where_snakemake_looks_for_them():
    assert record_name("results/a.parquet") == ".snakemake/metadata/cmVzdWx0cy9hLnBhcnF1ZXQ="
    parts = record_name("results/" + "x" * 400).split("/")
    assert parts[2].startswith("@") and len(parts[2]) == 255 and not parts[-1].startswith("@")


def test_records_are_free_of_the_machine_and_of_places_outside(tmp_path):
    path = tmp_path / record_name("results/a")
    path.parent.mkdir(parents=True)
    told = {"rule": "solve", "input": ["results/b"], "params": ["1"], "conda_env": "x", "job_hash": 3, "starttime": 2.0}
    path.write_text(json.dumps(told | {"endtime": 5.0}))
    record = read_record("results/a", tmp_path)
    assert record["input"] == ["results/b"] and "job_hash" not in record and "conda_env" not in record
    assert when([record, record | {"starttime": 1.0}]) == (1.0, 5.0) and when([]) is None
    path.write_text(json.dumps(told | {"input": ["/home/me/rows.csv"], "input_checksums": {"/home/me/rows.csv": "x"}}))
    assert "/home" not in json.dumps(read_record("results/a", tmp_path))
    path.write_text("{")
    assert read_record("results/a", tmp_path) is None and read_record("results/b", tmp_path) is None


def test_new_studies_need_no_commit_but_other_changes_do(tmp_path):
    files = {name: File(tmp_path / name) for name in ("mine.yaml", "kept.py", "new.py")}
    source = Source("c", 0, files, ("? mine.yaml", "? new.py"))
    with pytest.raises(StudyError, match=r"uncommitted changes = '\? new\.py'"):
        require_committed(without(source, [tmp_path / "mine.yaml"]))
    source = without(source._replace(changes=("? mine.yaml",)), [tmp_path / "mine.yaml"])
    require_committed(source)
    assert set(source.files) == {"kept.py", "new.py"}
    with pytest.raises(StudyError, match=r"M mine\.yaml"):
        require_committed(without(source._replace(changes=("M mine.yaml",)), [tmp_path / "mine.yaml"]))


def test_an_archive_is_named_after_its_studies(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("studies: [one, two]\n")
    assert archive_name(["one", "two"], tmp_path) == "default"
    assert archive_name(["two", "one"], tmp_path) == "two+one"
    many = [f"study_{number}" for number in range(20)]
    assert archive_name(many, tmp_path).startswith("20_studies-") and is_safe(archive_name(many, tmp_path))
    source = Source("c", 0, {"config/config.yaml": File(tmp_path / "config" / "config.yaml")}, ())
    assert config_file(source, ["one", "two"]) == {}
    assert config_file(source, ["two"])["config/config.yaml"].content.endswith(b"studies:\n  - two\n")


@pytest.mark.parametrize(("value", "allowed"), [(True, True), ("true", True), ("False", False), (False, False)])
def test_uncommitted_changes_are_asked_for_with_a_truth_value(value, allowed):
    assert uncommitted_allowed({"archive_uncommitted": value}) is allowed
    with pytest.raises(StudyError, match="archive_uncommitted = 'yes please'"):
        uncommitted_allowed({"archive_uncommitted": "yes please"})


def test_data_of_studies_never_overwrite_each_other(tmp_path):
    studies = {}
    for name, content in (("one", "1"), ("two", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.csv").write_text(content)
        (tmp_path / name / f"{name}.yaml").write_text("# kept\nspectrum: {kind: data, path: rows.csv, target: y}\n")
        studies[name] = str(tmp_path / name / f"{name}.yaml")
    files = study_files(studies)
    assert files["config/studies/one.yaml"].content == tmp_path / "one" / "one.yaml"
    assert files["config/studies/rows.csv"].content.read_text() == "1"
    (moved,) = [name for name in files if name.startswith("config/studies/data/")]
    assert files[moved].content.read_text() == "2"
    text = files["config/studies/two.yaml"].content.decode()
    assert moved.removeprefix("config/studies/") in text and text.startswith("# kept")


@pytest.mark.parametrize("place", ["./rows.csv", "more//rows.csv", "../here/rows.csv", "my rows.csv", "ROWS.csv"])
def test_data_lie_where_the_packed_study_says(tmp_path, place):
    folder, spectrum = tmp_path / "here", "spectrum: {{kind: data, path: {}, target: y}}\n"
    (folder / "more").mkdir(parents=True)
    studies = {}
    for name, told in (("one", "rows.csv"), ("two", place)):
        (folder / told).write_text(told)
        studies[name] = str(folder / f"{name}.yaml")
        (folder / f"{name}.yaml").write_text(spectrum.format(told))
    files = study_files(studies)
    content = files["config/studies/two.yaml"].content
    text = content.decode() if isinstance(content, bytes) else content.read_text()
    told = "config/studies/" + text.split("path: ")[1].split(",")[0].strip("'")
    assert files[told].content.read_text() == place and all(map(is_safe, files))
    assert len({name.lower() for name in files}) == len(files)
    require_packable(files)


def test_names_that_differ_in_case_alone_are_not_packed():
    files = {name: File(b"") for name in ("README.md", "docs/Readme.md", "readme.md")}
    with pytest.raises(StudyError, match=r"readme\.md: cannot be packed beside README\.md"):
        require_packable(files)


def checkout(folder):
    git(folder, "init", "--quiet")
    for name in ("kept.py", "other.py"):
        (folder / name).write_text("1\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "code")
    return folder


def git(folder, *arguments):
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@localhost"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_every_kind_of_change_is_told(tmp_path):
    root = checkout(tmp_path)
    assert read_source(root).changes == () and set(read_source(root).files) == {"kept.py", "other.py"}
    (root / "staged \u00fc.py").write_text("2\n")
    git(root, "add", "--all")
    git(root, "mv", "other.py", "moved.py")
    (root / "link").symlink_to(root / "kept.py")
    (root / "inner").mkdir()
    git(root / "inner", "init", "--quiet")
    source = read_source(root)
    assert source.changes == ("? inner/", "? link", "? moved.py", "? staged \u00fc.py", "D other.py")
    assert set(source.files) == {"kept.py", "moved.py", "staged \u00fc.py"}
    (root / "kept.py").unlink()
    (root / "kept.py").symlink_to(root / "moved.py")
    assert "D kept.py" in read_source(root).changes and "kept.py" not in read_source(root).files


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_is_told_to_overlook_is_a_change(tmp_path, flag):
    root = checkout(tmp_path)
    git(root, "update-index", flag, "kept.py", "other.py")
    (root / "kept.py").write_text("2\n")
    (root / "other.py").unlink()
    assert read_source(root).changes == ("D other.py", "M kept.py")


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"format": true}', "\x00"])
def test_an_unpacked_copy_with_a_broken_description_is_refused_with_one_line(tmp_path, content):
    (tmp_path / "archive.json").write_text(content)
    (tmp_path / "manifest-sha256.txt").write_text("")
    with pytest.raises(StudyError, match=r"archive\.json"):
        read_source(tmp_path)


def study(name, model="m", kinds=("simulation", "theory"), points=30):
    entries = tuple((SimpleNamespace(digest=f"{name}{number}"), 2) for number in range(points))
    return SimpleNamespace(
        name=name, model=model, shards={kind: (SimpleNamespace(name="all", entries=entries),) for kind in kinds}
    )


def test_points_of_every_model_and_kind_are_chosen_by_the_digest():
    rare = study("rare", "other", ("theory",), points=1)
    studies = [study("one"), study("two"), rare]
    for digest in "abcdefgh":
        found = chosen(studies, digest)
        assert len(found) == 20
        assert {one.model_and_kind for one in found} == {("m", "simulation"), ("m", "theory"), ("other", "theory")}
    assert chosen(studies, "a") == chosen(studies, "a") != chosen(studies, "b")
    assert len(chosen(studies, "a", 1)) == 3 and len(chosen([rare], "a")) == 1


def test_differences_are_relative_and_see_what_is_no_number():
    assert _difference(np.array([1.0, 0.0, np.nan]), np.array([1.0 + 1e-8, 0.0, np.nan])) == pytest.approx(1e-8)
    assert _difference(np.array([1e-200]), np.array([2e-200])) == pytest.approx(0.5)
    assert _difference(np.array([np.nan]), np.array([1.0])) == np.inf
    assert _difference(np.array([]), np.array([])) == 0


ABOUT = {"time": 0, "commit": "c" * 40}
SIZES = {
    "Snakefile": 1,
    "config/studies/small.yaml": 2,
    "config/studies/other.yaml": 2,
    "results/small/curves.parquet": 3,
    "results/small/figures/a.svg": 4,
    "archive.json": 5,
}


def test_a_crate_describes_its_members_and_nothing_else():
    content = crate_bytes(ABOUT, {"small": "A study"}, SIZES, {}, "9.27", (0, 60))
    assert content == crate_bytes(ABOUT, {"small": "A study"}, dict(reversed(SIZES.items())), {}, "9.27", (0, 60))
    require_crate("x.tar", content, SIZES)
    graph = {entity["@id"]: entity for entity in json.loads(content)["@graph"]}
    assert graph["#run"]["endTime"] == "1970-01-01T00:01:00+00:00"
    assert graph["#run"]["object"] == [{"@id": "config/studies/small.yaml"}]
    assert graph["results/small/figures/a.svg"]["encodingFormat"] == "image/svg+xml"
    for sizes in (SIZES | {"results/small/fits.parquet": 1}, SIZES | {"archive.json": 6}, {"Snakefile": 1}):
        with pytest.raises(StudyError, match=r"ro-crate-metadata\.json"):
            require_crate("x.tar", content, sizes)
    for old, new in (("CreateAction", "X"), ("wfrun/workflow/0.5", "wfrun/workflow/0.6"), ('"@graph"', '"graph"')):
        with pytest.raises(StudyError, match=r"ro-crate-metadata\.json"):
            require_crate("x.tar", content.replace(old.encode(), new.encode()), SIZES)


@pytest.mark.parametrize("identifier", [3, None, ["./"], {}])
def test_a_crate_with_names_that_are_no_text_is_refused_with_one_line(identifier):
    graph = json.loads(crate_bytes(ABOUT, {"small": "A study"}, SIZES, {}, "9.27"))
    graph["@graph"].append({"@id": identifier, "@type": "File", "contentSize": "1"})
    with pytest.raises(StudyError, match="not the metadata of a Workflow Run RO-Crate"):
        require_crate("x.tar", json.dumps(graph).encode(), SIZES)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"@graph": 3}', b'{"@graph": [{}]}', b"[" * 100_000])
def test_what_is_no_crate_is_refused_with_one_line(content):
    with pytest.raises(StudyError, match="not the metadata of a Workflow Run RO-Crate"):
        require_crate("x.tar", content, SIZES)
