"""Opening an archive: extracted to a temporary folder, every byte accounted for, its studies read."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from scalefront.archive.about import read_about
from scalefront.archive.crate import require_crate
from scalefront.archive.layout import (
    ABOUT,
    CRATE,
    LOGS,
    MANIFEST,
    MOST_JSON_BYTES,
    MOST_TEXT_BYTES,
    RECORD,
    STUDIES,
    is_record,
)
from scalefront.archive.manifest import compare, read_manifest
from scalefront.archive.tar import extract, require_same_bytes
from scalefront.catalogue import load_study
from scalefront.errors import StudyError
from scalefront.study.outputs import result_names
from scalefront.study.spectrum import BUNDLED
from scalefront.study.yaml import read_yaml

GATHERED = ("results/claims.parquet", "results/claims.md", "results/claims.html")


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
    files, names that lead elsewhere, a crate that describes something else, studies that are not valid; and for
    what the system refuses while the archive is open: no right to read it, no space left.
    """
    archive = Path(archive)
    try:
        if not archive.is_file():
            raise StudyError(archive, "", None, "no such file")
        with TemporaryDirectory(prefix="scalefront-", dir=beside) as name:
            folder = Path(name) / "archive"
            folder.mkdir()
            yield _opened(archive, folder)
    except OSError as problem:
        raise StudyError(archive, "", None, f"the system refuses: {problem}") from None


def _opened(archive, folder):
    needed, free = archive.stat().st_size, shutil.disk_usage(folder).free
    if needed > free:
        raise StudyError(archive, "", None, f"its {needed} bytes do not fit into {folder.parent.parent}")
    members = extract(archive, folder)
    _require_manifests(archive, folder, members)
    about = read_about(archive, _text(archive, folder, ABOUT))
    require_same_bytes(archive, folder, members, about["time"])
    require_crate(archive, _text(archive, folder, CRATE), {name: member.size for name, member in members.items()})
    studies = tuple(_study(archive, folder, members, name) for name in about["studies"])
    _require_results(archive, members, studies)
    return Opened(archive, folder, members, members[MANIFEST].sha256, about, studies)


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
    most = MOST_JSON_BYTES if name.endswith(".json") else MOST_TEXT_BYTES
    if path.stat().st_size > most:
        raise StudyError(archive, name, path.stat().st_size, f"at most {most} bytes")
    return path.read_bytes()


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
