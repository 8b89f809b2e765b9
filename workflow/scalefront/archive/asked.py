"""What `snakemake archive` asks for: the name of the archive, and a refusal before any work where it cannot be made."""

import hashlib

from scalefront.archive.contents import require_packable, study_files, study_paths
from scalefront.archive.layout import CONFIG
from scalefront.archive.manifest import sha256
from scalefront.archive.source import read_source, require_committed, without
from scalefront.errors import StudyError
from scalefront.study.yaml import read_yaml

DEFAULT = "default"
UNCOMMITTED = "archive_uncommitted"
_LONGEST_NAME = 60


def archive_name(names, root):
    """Stem of the archive of some studies: "default", their names joined, or for many their number and a digest."""
    if read_yaml(root / CONFIG).get("studies") == list(names):
        return DEFAULT
    joined = "+".join(names)
    if len(joined) <= _LONGEST_NAME:
        return joined
    return f"{len(names)}_studies-{hashlib.sha256(joined.encode()).hexdigest()[:8]}"


def uncommitted_allowed(config):
    """Whether the configuration asks to pack a checkout with uncommitted changes."""
    value = config.get(UNCOMMITTED, False)
    if str(value).lower() not in ("true", "false"):  # the command line gives true as text and True as a truth value
        raise StudyError("config", UNCOMMITTED, value, "true | false")
    return str(value).lower() == "true"


def require_source(root, studies, uncommitted):
    """Refuse to archive ``studies`` (name -> path) before any job.

    That is where their code has no commit or is not at it, or where a file of it cannot be packed.
    """
    source = without(read_source(root), study_paths(studies))
    if not uncommitted:
        require_committed(source)
    require_packable(source.files | study_files(studies))


def state(root, studies):
    """A list that changes with the commit, every uncommitted change and every study file: when to pack again."""
    paths = study_paths(studies)
    source = without(read_source(root), paths)
    changed = [source.files[name].content for change in source.changes if (name := change[2:]) in source.files]
    return [source.commit, *source.changes, *(sha256(path)[:16] for path in [*changed, *paths])]
