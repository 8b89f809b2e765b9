"""Snakemake's records of how each result was made: what tells it, in a working copy, that nothing is to be done."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path, PurePosixPath

from scalefront.archive.layout import RECORDS

_LONGEST_PART = 254  # Snakemake cuts longer names into folders that begin with @
# what decides whether a job runs again, and when the job ran; the rest describes one machine
_KEPT = ("rule", "input", "log", "shellcmd", "params", "code", "record_format_version", "input_checksums")
_TIMES = ("starttime", "endtime")


def record_name(output):
    """The member that holds the record of the result at the relative path ``output``."""
    text = urlsafe_b64encode(str(output).encode()).decode()
    parts = [text[start : start + _LONGEST_PART] for start in range(0, len(text), _LONGEST_PART)]
    return RECORDS + "/".join([*("@" + part for part in parts[:-1]), parts[-1]])


def read_record(output, folder="."):
    """Snakemake's record of the result at ``output`` under ``folder``, without what it says of one machine alone.

    None where there is none. A job whose inputs lie outside the working folder is not tied to their place any more.
    """
    try:
        record = json.loads((Path(folder) / record_name(output)).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    kept = {key: record.get(key) for key in (*_KEPT, *_TIMES)} | {"incomplete": False}
    if any(Path(path).is_absolute() or ".." in PurePosixPath(path).parts for path in kept["input"] or []):
        kept |= {"input": None, "input_checksums": None}
    return kept


def record_bytes(record):
    """The record as a file."""
    return json.dumps(record, sort_keys=True).encode()


def when(records):
    """Start of the first and end of the last job, seconds since 1970; None where no record tells."""
    starts, ends = ([record[key] for record in records if record.get(key)] for key in _TIMES)
    return (min(starts), max(ends)) if starts and ends else None
