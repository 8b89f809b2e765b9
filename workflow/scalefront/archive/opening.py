"""Opening an archive: extracted to a temporary folder, every byte accounted for, its studies read."""

import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from scalefront.archive.crate import require_crate
from scalefront.archive.layout import ABOUT, CRATE, FORMAT, LOGS, MANIFEST, MOST_TEXT_BYTES, RECORD, STUDIES, is_record
from scalefront.archive.manifest import compare, read_manifest
from scalefront.archive.tar import extract, require_same_bytes
from scalefront.catalogue import load_study
from scalefront.errors import StudyError
from scalefront.study.outputs import result_names
from scalefront.study.spectrum import BUNDLED
from scalefront.study.yaml import read_yaml

GATHERED = ("results/claims.parquet", "results/claims.md", "results/claims.html")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LATEST = 2**35  # seconds since 1970 that a tar can tell


class Opened(NamedTuple):
    """An archive whose members are all accounted for.

    Attributes
    ----------
    archive, folder : its path and the temporary folder that holds its members
    members : name -> Member
    digest : SHA-256 of its manifest, which stands for its science
    about : the content of archive.json
    studies : its Study objects
    """

    archive: Path
    folder: Path
    members: dict
    digest: str
    about: dict
    studies: tuple


@contextmanager
def opened(archive, beside=None):
    """Yield the Opened archive; its folder, a temporary one (in the folder ``beside``), is removed at the end.

    Raises StudyError, one line, for a flipped byte anywhere, members that are missing, extra, oversized or no plain
    files, names that lead elsewhere, a crate that describes something else, studies that are not valid.
    """
    archive = Path(archive)
    if not archive.is_file():
        raise StudyError(archive, "", None, "no such file")
    with TemporaryDirectory(prefix="scalefront-", dir=beside) as name:
        folder = Path(name) / "archive"
        folder.mkdir()
        needed, free = archive.stat().st_size, shutil.disk_usage(folder).free
        if needed > free:
            raise StudyError(archive, "", None, f"its {needed} bytes do not fit into {folder.parent.parent}")
        members = extract(archive, folder)
        _require_manifests(archive, folder, members)
        about = _about(archive, folder)
        require_same_bytes(archive, folder, members, about["time"])
        require_crate(archive, _text(archive, folder, CRATE), {name: member.size for name, member in members.items()})
        studies = tuple(_study(archive, folder, members, name) for name in about["studies"])
        _require_results(archive, members, studies)
        yield Opened(archive, folder, members, members[MANIFEST].sha256, about, studies)


def _require_manifests(archive, folder, members):
    science = {name: member.sha256 for name, member in members.items() if not is_record(name)}
    record = {name: member.sha256 for name, member in members.items() if is_record(name) and name != RECORD}
    for name, found in ((MANIFEST, science), (RECORD, record)):
        compare(archive, name, read_manifest(archive, name, _text(archive, folder, name)), found)
    for name in (ABOUT, CRATE):
        if name not in members:
            raise StudyError(archive, name, None, "missing")


def _text(archive, folder, name):
    path = folder / name
    if not path.is_file():
        raise StudyError(archive, name, None, "missing: not an archive of Scalefront")
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise StudyError(archive, name, path.stat().st_size, f"at most {MOST_TEXT_BYTES} bytes")
    return path.read_bytes()


def _about(archive, folder):
    """The content of archive.json, every value of it checked."""
    try:
        about = json.loads(_text(archive, folder, ABOUT))
        if about["format"] != FORMAT:
            raise StudyError(archive, f"{ABOUT}: format", about["format"], f"{FORMAT}, what this version reads")
        texts = [text for key in ("studies", "uncommitted", "written") for text in about[key]]
        right = (
            _COMMIT.fullmatch(about["commit"])
            and type(about["time"]) is int
            and 0 <= about["time"] < _LATEST
            and all(isinstance(about[key], list) for key in ("studies", "uncommitted", "written"))
            and all(isinstance(text, str) for text in texts)
            and about["studies"]
            and len(set(about["studies"])) == len(about["studies"])
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        right = False
    if not right:
        raise StudyError(archive, ABOUT, None, "must hold format, commit, time, studies, uncommitted and written")
    return about


def _study(archive, folder, members, name):
    """The Study ``name``, whose data lie in the archive."""
    member = f"{STUDIES}{name}.yaml"
    if member not in members:
        raise StudyError(archive, f"{ABOUT}: studies", name, f"names of files in {STUDIES}")
    try:
        spectrum = read_yaml(folder / member).get("spectrum")
        told = spectrum.get("path") if isinstance(spectrum, dict) else None
        if isinstance(told, str) and not told.startswith(BUNDLED) and STUDIES + told not in members:
            raise StudyError(folder / member, "spectrum.path", told, f"a member of the archive, below {STUDIES}")
        return load_study(folder / member)
    except StudyError as problem:
        key = ": ".join(filter(None, [member, problem.key]))
        raise StudyError(archive, key, problem.value, problem.allowed) from None


def _require_results(archive, members, studies):
    """Refuse an archive that lacks a result of its studies or holds one that they do not make."""
    made = {name for study in studies for name in result_names(study)} | set(GATHERED)
    held = {name for name in members if name.startswith("results/") and not name.startswith(LOGS)}
    for name in sorted(made ^ held):
        said = "missing: its studies make it" if name in made else "extra: none of its studies makes it"
        raise StudyError(archive, name, None, said)
