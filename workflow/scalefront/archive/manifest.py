"""SHA-256 manifests in the format of sha256sum: one line a file, sorted by name."""

import hashlib
import re
from pathlib import Path

from scalefront.archive.layout import is_safe
from scalefront.errors import StudyError

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def sha256(content):
    """Hex SHA-256 of bytes or of the file at a path."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with Path(content).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest(hashes):
    """The manifest of name -> hex digest, as bytes."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def read_manifest(archive, name, content):
    """name -> hex digest of the manifest ``name`` of ``archive``; raises StudyError for anything else than one."""
    listed = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None or not is_safe(found[2]):
            raise StudyError(archive, name, None, f"line {number} is not a SHA-256 and the name of a member")
        listed[found[2]] = found[1]
    if manifest(listed) != content:
        raise StudyError(archive, name, None, "not a manifest: every name once, sorted, one line each")
    return listed


def compare(archive, name, listed, found):
    """Refuse an archive whose members ``found`` (name -> digest) are not those that the manifest ``name`` lists."""
    for member in sorted(listed.keys() | found.keys()):
        if member not in found:
            raise StudyError(archive, member, None, f"missing: {name} lists it")
        if member not in listed:
            raise StudyError(archive, member, None, f"extra: {name} does not list it")
        if listed[member] != found[member]:
            raise StudyError(archive, member, None, f"altered: its SHA-256 is not that of {name}")
