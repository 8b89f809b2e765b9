"""What a run that was stopped has left for the next one."""

from base64 import urlsafe_b64encode
from pathlib import Path

from scalefront.errors import StudyError
from scalefront.shard_marks import shard_marks
from scalefront.tables import read_metadata

STARTED = Path(".snakemake/incomplete")  # Snakemake's records of the jobs that it has started and not seen finish


def kept_shards(studies, root):
    """How many shards of ``studies`` the next run takes as they are, and how many there are.

    Parameters
    ----------
    studies : sequence of Study
    root : folder of the checkout that makes their shards
    """
    marks = {path: mark for study in studies for path, mark in shard_marks(study, root).items()}
    return sum(_is_kept(path, mark) for path, mark in marks.items()), len(marks)


def _is_kept(path, mark):
    if not Path(path).is_file() or (STARTED / urlsafe_b64encode(path.encode()).decode()).is_file():
        return False
    try:
        return read_metadata(path).get("mark") == mark
    except StudyError:
        return False
