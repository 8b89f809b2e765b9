"""Archives as tests make, change and forge them."""

import json
import subprocess
import sys

import pytest
from scalefront.archive.crate import crate_bytes
from scalefront.archive.layout import ABOUT, CRATE, MANIFEST, RECORD, is_record
from scalefront.archive.manifest import manifest, sha256
from scalefront.archive.tar import File, write_tar
from scalefront.archive.verify import verify
from scalefront.errors import StudyError

ARCHIVE = "results/archives/small.tar"


def git(root, *arguments):
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@localhost"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


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
