"""archive.json: what an archive says of itself."""

import json
import re

from scalefront.archive.layout import ABOUT, FORMAT
from scalefront.errors import StudyError

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LATEST = 2**33  # seconds since 1970 that the header of a tar can tell
_LISTS = ("studies", "uncommitted", "written")


def read_about(place, content):
    """The content of archive.json of the archive or folder ``place``, every value that is used checked."""
    try:
        about = json.loads(content)
        if type(about["format"]) is not int or about["format"] != FORMAT:
            raise StudyError(place, f"{ABOUT}: format", about["format"], f"{FORMAT}, what this version reads")
        right = (
            _COMMIT.fullmatch(about["commit"])
            and type(about["time"]) is int
            and 0 <= about["time"] < _LATEST
            and all(isinstance(about[key], list) for key in _LISTS)
            and all(isinstance(text, str) for key in _LISTS for text in about[key])
            and about["studies"]
            and len(set(about["studies"])) == len(about["studies"])
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        right = False
    if not right:
        raise StudyError(place, ABOUT, None, "must hold format, commit, time, studies, uncommitted and written")
    return about
