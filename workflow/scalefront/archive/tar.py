"""The tar itself: the same bytes for the same files, and a reader that takes plain files with plain names alone.

Headers are read one by one with no help for links, devices, sparse files or names that lead elsewhere: what the writer
does not write is refused.
"""

import hashlib
import re
import tarfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from scalefront.archive.layout import MOST_BYTES, MOST_MEMBERS, is_safe
from scalefront.errors import StudyError

CHUNK = 2**20
_PAX_BYTES = 4096
_PAX_LINE = re.compile(r"\d+ (path|size)=(.*)")
_MODES = {False: 0o644, True: 0o755}


class File(NamedTuple):
    """One file to pack: its bytes or the path that holds them, and whether it can be executed."""

    content: bytes | Path
    executable: bool = False


class Member(NamedTuple):
    """One file of an archive: SHA-256, bytes, whether it can be executed."""

    sha256: str
    size: int
    executable: bool


def write_tar(stream, files, time):
    """Write ``files`` (name -> File) to a binary stream as a tar: sorted names, one owner, all of one ``time``."""
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            content, executable = files[name]
            member = tarfile.TarInfo(name)
            member.mtime, member.mode = time, _MODES[executable]
            member.size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                tar.addfile(member, source)


def extract(archive, folder):
    """Extract the tar at ``archive`` into the empty ``folder``; returns name -> Member.

    Raises StudyError for a truncated tar and for every member that is not a plain file with a plain name.
    """
    found, spelled = {}, set()
    with Path(archive).open("rb") as stream:
        left = stream.seek(0, 2)
        stream.seek(0)
        while (header := _header(archive, stream)) is not None:
            name, size, mode = header
            if name.lower() in spelled:
                raise StudyError(archive, name, None, "given twice, or once more in other letters")
            if mode not in _MODES.values():
                raise StudyError(archive, name, oct(mode), "mode must be 0o644 or 0o755")
            if size > min(MOST_BYTES, left - stream.tell()):
                raise StudyError(archive, name, size, f"larger than the archive itself, or than {MOST_BYTES} bytes")
            if len(found) >= MOST_MEMBERS:
                raise StudyError(archive, name, None, f"at most {MOST_MEMBERS} members are allowed")
            spelled.add(name.lower())
            try:
                found[name] = Member(_copy(archive, stream, size, folder / name), size, mode == _MODES[True])
            except OSError as problem:
                raise StudyError(archive, name, None, f"cannot be extracted: {problem.strerror}") from None
    return found


def require_same_bytes(archive, folder, found, time):
    """Refuse an archive that is not, byte for byte, what packing its members gives: headers and padding included."""
    with Path(archive).open("rb") as stream:
        same = _Same(archive, stream)
        write_tar(same, {name: File(folder / name, member.executable) for name, member in found.items()}, time)
        if stream.read(1):
            raise StudyError(archive, "", None, "altered: bytes follow the end of the archive")


class _Same:
    """A stream to write to that refuses bytes which differ from those of another."""

    def __init__(self, archive, stream):
        self.archive, self.stream = archive, stream

    def tell(self):
        return self.stream.tell()

    def write(self, content):
        if self.stream.read(len(content)) != content:
            place = self.stream.tell()
            raise StudyError(self.archive, "", None, f"altered: a header or padding before byte {place} is another one")
        return len(content)


def _header(archive, stream):
    """(name, size, mode) of the next member, None at the end."""
    told = {}
    while True:
        member = _block(archive, stream)
        if member is None:
            return None
        if member.type != tarfile.XHDTYPE or told:
            break
        told = _extended(archive, stream, member)
    name = told.get("path", member.name)
    if member.type != tarfile.REGTYPE or member.linkname:
        raise StudyError(archive, _shown(name), None, "not a plain file: links, devices and folders are refused")
    if not is_safe(name):
        raise StudyError(archive, _shown(name), None, "not a plain relative path: letters, digits and _.+@=- between /")
    return name, int(told.get("size", member.size)), member.mode


def _block(archive, stream):
    block = stream.read(tarfile.BLOCKSIZE)
    if block == bytes(tarfile.BLOCKSIZE):
        return None
    try:
        member = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, ValueError):
        raise StudyError(archive, "", None, "not a whole, uncompressed tar archive") from None
    if member.size < 0:
        raise StudyError(archive, _shown(member.name), member.size, "size must be >= 0")
    return member


def _extended(archive, stream, member):
    """The long name or size that an extended header gives to the next member."""
    if member.size > _PAX_BYTES:
        raise StudyError(archive, _shown(member.name), member.size, f"extended headers hold at most {_PAX_BYTES} bytes")
    content = stream.read(-(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)[: member.size]
    lines = [_PAX_LINE.fullmatch(line) for line in content.decode("utf-8", "replace").splitlines()]
    if not all(lines) or not all(line[2].isdecimal() for line in lines if line[1] == "size"):
        raise StudyError(archive, _shown(member.name), None, "an extended header may hold a path and a size alone")
    return {line[1]: line[2] for line in lines}


def _copy(archive, stream, size, target):
    """Copy ``size`` bytes and their padding; returns their SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), size
    with target.open("xb") as copy:
        while left:
            chunk = stream.read(min(CHUNK, left))
            if not chunk:
                raise StudyError(archive, "", None, "not a whole tar archive: it ends inside a member")
            digest.update(chunk)
            copy.write(chunk)
            left -= len(chunk)
    stream.read(-size % tarfile.BLOCKSIZE)
    return digest.hexdigest()


def _shown(name):
    return "".join(character if character.isprintable() else "?" for character in name)[:100]
