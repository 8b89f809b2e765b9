"""Packing: the studies of a working folder, with their code and results, as one tar."""

import json
from pathlib import Path

from scalefront.archive.contents import (
    config_file,
    environment,
    gathered_files,
    installed,
    lock_text,
    require_packable,
    result_files,
    study_files,
    study_paths,
)
from scalefront.archive.crate import crate_bytes
from scalefront.archive.layout import ABOUT, CRATE, ENVIRONMENT, FORMAT, MANIFEST, RECORD, is_record
from scalefront.archive.manifest import manifest, sha256
from scalefront.archive.opening import opened
from scalefront.archive.records import when
from scalefront.archive.source import iso_time, read_source, require_committed, without
from scalefront.archive.tar import File, write_tar
from scalefront.atomic import atomic


def pack(output, root, studies, results, gathered, uncommitted=False):
    """Pack studies into the tar ``output``; returns the SHA-256 of its manifest, which stands for its science.

    The same code, studies and results give the same bytes: names are sorted, owner and mode fixed, and the time of
    every member is that of the commit.

    Parameters
    ----------
    root : the checkout
    studies : name -> (path of the study file, title)
    results : relative paths of all tables, figures and data sets of these studies
    gathered : name -> bytes of the gathered claims
    uncommitted : pack a checkout with uncommitted changes, and record them

    Raises
    ------
    StudyError : uncommitted changes that were not asked for; files that cannot be packed
    """
    paths = {name: path for name, (path, _) in studies.items()}
    source = without(read_source(root), study_paths(paths))
    if not uncommitted:
        require_committed(source)
    ours = study_files(paths) | config_file(source, list(studies))
    made, records = result_files(results)
    made |= gathered_files(gathered, list(studies))
    files = source.files | ours | made
    require_packable(files)
    about = _about(source, ours, list(studies))
    files[ABOUT] = File(json.dumps(about, indent=2, sort_keys=True).encode() + b"\n")
    files[ENVIRONMENT] = File(environment(lock_text(source)))
    hashes = {name: sha256(file.content) for name, file in files.items()}
    files[MANIFEST] = File(manifest({name: digest for name, digest in hashes.items() if not is_record(name)}))
    hashes[MANIFEST] = sha256(files[MANIFEST].content)
    sizes = {name: _size(file.content) for name, file in files.items()}
    titles = {name: title for name, (_, title) in studies.items()}
    run = installed("snakemake"), when(list(records.values()))
    files[CRATE] = File(crate_bytes(about, titles, sizes, hashes, *run))
    hashes[CRATE] = sha256(files[CRATE].content)
    files[RECORD] = File(manifest({name: digest for name, digest in hashes.items() if is_record(name)}))
    with atomic(output) as temporary, temporary.open("r+b") as stream:
        write_tar(stream, files, source.time)
        stream.flush()
        with opened(temporary):  # what cannot be verified is not packed
            pass
    return hashes[MANIFEST]


def _about(source, ours, studies):
    """The content of archive.json."""
    same = {name for name, file in ours.items() if name in source.files and _same(file, source.files[name])}
    written = sorted({*source.written, *(ours.keys() - same)})
    return {
        "format": FORMAT,
        "commit": source.commit,
        "time": source.time,
        "committed": iso_time(source.time),
        "studies": studies,
        "uncommitted": list(source.changes),
        "written": written,
    }


def _same(file, other):
    return sha256(file.content) == sha256(other.content)


def _size(content):
    return len(content) if isinstance(content, bytes) else Path(content).stat().st_size
