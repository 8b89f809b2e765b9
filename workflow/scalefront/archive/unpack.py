"""Unpacking an archive into a working copy in which nothing is left to be done."""

import os
from pathlib import Path

from scalefront.archive.opening import opened
from scalefront.errors import StudyError

INCOMPLETE = ".snakemake/incomplete"  # Snakemake takes records without this folder for those of an old version


def unpack(archive, folder):
    """Unpack ``archive`` into ``folder``, which must not exist or be empty; returns the names of its studies.

    Every byte is checked as in ``verify``, but nothing is computed anew and nothing of the archive is run. The folder
    appears whole or not at all. All files have the time of the commit: none looks newer than what was made of it.
    """
    folder = Path(folder).absolute()
    if allowed := _objection(folder):
        raise StudyError("command line", "DIR", str(folder), allowed)
    with opened(archive, beside=folder.parent) as found:
        for name, member in found.members.items():
            path = found.folder / name
            path.chmod(0o755 if member.executable else 0o644)
            os.utime(path, (found.about["time"],) * 2)
        (found.folder / INCOMPLETE).mkdir(parents=True)
        found.folder.chmod(0o755)
        found.folder.replace(folder)
        return found.about["studies"]


def _objection(folder):
    """What is allowed instead of unpacking into ``folder``; empty where nothing speaks against it."""
    try:
        if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
            return "a folder that is empty or does not exist"
        if folder == Path.cwd():
            return "another folder than the current one, which would be replaced"
        return "" if folder.parent.is_dir() else "a folder whose parent exists"
    except OSError as problem:
        return f"a folder that can be made: {problem.strerror}"
