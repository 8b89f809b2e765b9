"""The code that an archive holds: a git checkout at its commit, or the working copy made by unpacking an archive."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from scalefront.archive.about import read_about
from scalefront.archive.layout import ABOUT, MANIFEST, is_code
from scalefront.archive.manifest import read_manifest, sha256
from scalefront.archive.tar import File
from scalefront.errors import StudyError

LINKED = ("120000", "160000")  # git's modes of links and submodules
EXECUTABLE = "100755"
WATCHED = ("Snakefile", "workflow", "scripts", "config", "profiles", "envs")  # where a new file changes what is run
COMPILED = "__pycache__"


class Source(NamedTuple):
    """The code of a checkout.

    Attributes
    ----------
    commit : full hash
    time : of the commit, seconds since 1970
    files : name -> File of all that is packed
    changes : names that differ from the commit, with how: "M name", "? name" (new), "D name"
    written : names that an earlier packing has written beside the code of the commit
    """

    commit: str
    time: int
    files: dict
    changes: tuple
    written: tuple = ()


def read_source(root):
    """The Source at ``root``; raises StudyError where there is neither git nor an unpacked archive."""
    root = Path(root).resolve()
    if (root / ".git").exists():
        return _git_source(root)
    if (root / ABOUT).is_file() and (root / MANIFEST).is_file():
        return _unpacked_source(root)
    raise StudyError(root, "", None, "no git checkout and no unpacked archive: the commit of the code is not known")


def without(source, archived):
    """The Source without new files among ``archived`` (paths of studies and their data), which are packed as such."""
    packed = {Path(path).resolve() for path in archived}
    new = {name for name, file in source.files.items() if f"? {name}" in source.changes and file.content in packed}
    files = {name: file for name, file in source.files.items() if name not in new}
    return source._replace(files=files, changes=tuple(change for change in source.changes if change[2:] not in new))


def require_committed(source):
    """Refuse uncommitted changes."""
    if source.changes:
        shown = ", ".join(source.changes[:3])
        more = f" and {len(source.changes) - 3} more" if len(source.changes) > 3 else ""
        allowed = "commit or remove them, or ask for them: --config archive_uncommitted=true"
        raise StudyError("archive", "uncommitted changes", shown + more, allowed)


def iso_time(seconds):
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _git_source(root):
    commit, time = _git(root, "show", "--no-patch", "--format=%H %ct", "HEAD").split()
    files, changes = {}, {}
    for entry in _split(_git(root, "ls-files", "-z", "--stage")):
        told, name = entry.split("\t", 1)
        mode, blob, _ = told.split()
        if mode in LINKED:
            raise StudyError(root / name, "", None, "links and submodules are not packed")
        files[name] = File(root / name, mode == EXECUTABLE)
        if _is_plain(root / name) and _blob(root / name, blob) != blob:
            changes[name] = "M"  # git itself may be told to look away (assume-unchanged) or to translate ends of lines
    for entry in _split(_git(root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")):
        kind, name = entry[:2].strip()[0], entry[3:]
        changes[name] = "?" if kind in "?A" else "M" if _is_plain(root / name) else "D"
        if _is_plain(root / name):
            files[name] = File(root / name, os.access(root / name, os.X_OK))
        elif kind == "?":
            files.pop(name, None)  # a link, or a checkout of its own: told, and not packed
    for name in [name for name in files if not _is_plain(root / name)]:
        changes[name] = "D"
        del files[name]
    return Source(commit, int(time), files, tuple(sorted(f"{kind} {name}" for name, kind in changes.items())))


def _is_plain(path):
    return path.is_file() and not path.is_symlink()


def _blob(path, like):
    """The name that git gives to the content of a file, of the same kind as the name ``like``."""
    content = path.read_bytes()
    kind = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(kind, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _git(root, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(["git", *arguments], cwd=root, env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        raise StudyError(root, "", None, "git is not installed: the commit of the code is not known") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise StudyError(root, "", None, f"git: {said[0]}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _split(text):
    return [entry for entry in text.split("\0") if entry]


def _unpacked_source(root):
    about = read_about(root, (root / ABOUT).read_bytes())
    listed = read_manifest(root / MANIFEST, "", (root / MANIFEST).read_bytes())
    code = {name: digest for name, digest in listed.items() if is_code(name)}
    here = {name for name in code if (root / name).is_file()}
    changes = {f"D {name}" for name in code.keys() - here}
    changes |= {f"M {name}" for name in here if sha256(root / name) != code[name]}
    found = {path.relative_to(root) for part in WATCHED for path in (root / part).rglob("*") if path.is_file()}
    new = {str(path) for path in found if COMPILED not in path.parts} - here
    changes |= {f"? {name}" for name in new} | set(about["uncommitted"])
    files = {name: File(root / name, os.access(root / name, os.X_OK)) for name in here | new}
    return Source(about["commit"], about["time"], files, tuple(sorted(changes)), tuple(about["written"]))
