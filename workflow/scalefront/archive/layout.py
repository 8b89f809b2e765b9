"""Names inside an archive: what is science, what is record, and which names and sizes are allowed at all."""

import re

FORMAT = 1
ABOUT = "archive.json"  # format, commit, its time, studies, what differs from the commit
MANIFEST = "manifest-sha256.txt"  # the science, in the format of sha256sum
RECORD = "record-sha256.txt"  # the record of how it came about, the manifest included
CRATE = "ro-crate-metadata.json"
ENVIRONMENT = "environment.json"
LOCK = "envs/requirements.txt"
LOGS = "results/logs/"
RECORDS = ".snakemake/metadata/"
STUDIES = "config/studies/"
CONFIG = "config/config.yaml"

MOST_MEMBERS = 1_000_000
MOST_BYTES = 64 * 2**30  # of one member
MOST_TEXT_BYTES = 256 * 2**20  # of a manifest, which is read whole
MOST_JSON_BYTES = 64 * 2**20  # of a JSON file, which takes up to twenty times that once it is read

_PART = re.compile(r"[A-Za-z0-9_.+@=-]{1,255}")
_LONGEST_NAME = 1024


def is_safe(name):
    """Whether ``name`` is a plain relative path of plain characters that stays where it is put."""
    parts = name.split("/")
    plain = all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)
    return plain and len(name) <= _LONGEST_NAME


def is_record(name):
    """Whether a member tells how the science came about and is no part of it."""
    return name in (CRATE, RECORD, MANIFEST, ENVIRONMENT) or name.startswith((LOGS, RECORDS))


def is_code(name):
    """Whether a member of the science comes from the checkout, studies and configuration included."""
    return not is_record(name) and name != ABOUT and not name.startswith("results/")
