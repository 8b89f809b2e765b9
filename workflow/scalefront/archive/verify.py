"""Verifying an archive: every byte, every table, and points computed anew from the archive alone."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from scalefront import tables
from scalefront.archive.opening import GATHERED, opened
from scalefront.archive.recompute import COUNT, chosen, recompute
from scalefront.claims import judge_all, markdown, web_page
from scalefront.code_digest import PACKAGE
from scalefront.command_line import ANEW
from scalefront.contracts import table_schema
from scalefront.errors import StudyError
from scalefront.rule_digests import RULES, rule_digest
from scalefront.study.outputs import curve_rows, shard_names, table_names
from scalefront.study.spectrum import MAX_BYTES

# table -> the rule that makes it; shards go by their kind
MAKERS = RULES | {
    "order_parameters": "correlate",
    "spectrum": "measure",
    "curves": "merge",
    "fits": "fit",
    "frontier": "fit",
    "claims": "judge",
}


def verify(archive, count=COUNT, say=lambda _: None):
    """Verify ``archive``; returns (digest of its science, the Recomputed points).

    Parameters
    ----------
    count : points to compute anew, at least one of every (model, kind) in any case
    say : called with a line of text after each part

    Raises
    ------
    StudyError : one line, at the first thing that is wrong; nothing is written outside a temporary folder
    """
    with opened(archive) as found:
        say(
            f"{len(found.members)} files as listed; {len(found.studies)} studies at commit {found.about['commit'][:12]}"
        )
        codes = [_require_tables(found, study) for study in found.studies]
        _require_gathered(found)
        number = sum(map(len, codes))
        say(f"{number} tables have their columns; curves are the shards merged, verdicts follow from the fits")
        say(_require_code(found, codes))
        points = []
        for candidate in chosen(found.studies, found.digest, count):
            points.append(recompute(candidate, found.folder))
            if points[-1].problem:
                place = f"results/{candidate.study.name}/curves.parquet"
                named = f"{candidate.kind} of point {candidate.point.digest}"
                raise StudyError(found.archive, place, named, f"computed anew, {points[-1].problem}")
        return found.digest, points


def with_archived_code(archive, count=COUNT):
    """Verify ``archive`` with the code that it holds, in a process of its own; returns its exit code.

    Every byte is checked before; what the archive holds is then run with the rights of whoever runs this.
    """
    with opened(archive) as found:
        environment = os.environ | {"PYTHONPATH": str(found.folder / "workflow")}
        program = "from scalefront.cli import main; main()"
        command = [sys.executable, "-P", "-c", program, "verify", str(Path(archive).absolute()), "--points", str(count)]
        return subprocess.run(command, env=environment, check=False).returncode


def _require_tables(found, study):
    """Refuse tables with other columns or of another study; returns name -> (rule, model, digest of its code)."""
    kept, codes = table_names(study), {}
    named = {name: (table, table) for table, name in kept.items()}
    named |= {name: ("shard", kind) for kind in study.shards for name in shard_names(study, [kind])}
    for name, (table, made_by) in named.items():
        path = found.folder / name
        with _in_archive(found, name):
            wanted, told = table_schema(study, table), tables.read_metadata(path)
            if tables.schema(path) != wanted:
                raise StudyError(path, "columns", None, "must be those of the contract: " + ", ".join(wanted.names))
            if told.get("schema_version") != tables.SCHEMA_VERSION or told.get("seed") != study.seed:
                raise StudyError(path, "metadata", None, f"must tell schema {tables.SCHEMA_VERSION}, seed {study.seed}")
            _require_few(path, table, study)
        codes[name] = MAKERS[made_by], study.model, told.get("code")
    _require_whole(found, study)
    _require_merged(found, study, kept["curves"])
    with _in_archive(found, kept["claims"]):
        fits, claims = (tables.read(found.folder / kept[table]) for table in ("fits", "claims"))
        if not judge_all(study.name, study.paper, list(study.claims), fits).equals(claims):
            raise StudyError(found.folder, "verdicts", None, "do not follow from the fits")
    return codes


def _require_few(path, table, study):
    """Refuse a table that declares more than its study can make, before it is read: a small file may hold no end."""
    rows, size = tables.declared_size(path)
    if table == "claims" and rows != len(study.claims):
        raise StudyError(path, "rows", rows, f"one for each of the {len(study.claims)} claims of the study")
    most = sum(curve_rows(study, shard) for shards in study.shards.values() for shard in shards)
    if table in ("curves", "shard") and rows > most:
        raise StudyError(path, "rows", rows, f"at most {most}: points times seeds times times of the study")
    if table in ("fits", "spectrum") and size > MAX_BYTES:
        raise StudyError(path, "bytes in memory", size, f"at most {MAX_BYTES}")


def _require_whole(found, study):
    """Refuse shards that lack a curve of their study, or hold another one."""
    for kind, shards in study.shards.items():
        for name, shard in zip(shard_names(study, [kind]), shards, strict=True):
            draws = {point.digest: range(seeds) if kind == "simulation" else [None] for point, seeds in shard.entries}
            wanted = {(digest, seed) for digest, seeds in draws.items() for seed in seeds}
            with _in_archive(found, name):
                held = tables.curves_of(found.folder / name)
                for digest, seed in sorted(held ^ wanted, key=str)[:1]:
                    shown = digest if seed is None else f"{digest}, seed {seed}"
                    said = "missing: the study asks for it" if (digest, seed) in wanted else "the study has no such one"
                    raise StudyError(found.folder, "curve", shown, said)


def _require_merged(found, study, curves):
    """Refuse curves that are not the shards of the study."""
    merged = found.folder.parent / "merged.parquet"
    paths = [found.folder / name for name in shard_names(study)]
    with _in_archive(found, curves):
        tables.merge(paths, merged, study.swept, {}, study.compute)
        if not tables.same_rows(merged, found.folder / curves):
            raise StudyError(merged, "rows", None, "are not those of the shards")
    merged.unlink()


def _require_gathered(found):
    """Refuse gathered claims that are not those of the studies."""
    table, text, page = (found.folder / name for name in GATHERED)
    with _in_archive(found, GATHERED[0]):
        paths = [found.folder / table_names(study)["claims"] for study in found.studies]
        verdicts = pd.concat([tables.read(path) for path in paths], ignore_index=True)
        if tables.declared_size(table)[0] != len(verdicts) or not verdicts.equals(tables.read(table)):
            raise StudyError(table, "rows", None, "are not the claims of the studies")
        shown = {text: markdown(verdicts), page: web_page(verdicts)}
        if any(path.read_text(encoding="utf-8", errors="replace") != content for path, content in shown.items()):
            raise StudyError(table, "rows", None, "are not what claims.md and claims.html show")


def _require_code(found, codes):
    """Refuse tables that the code of the archive did not make; says whether that code is the one that runs now."""
    same, known = True, {}
    for name, (rule, model, told) in [entry for listed in codes for entry in listed.items()]:
        if (rule, model) not in known:
            try:
                known[rule, model] = [rule_digest(root, rule, model) for root in (found.folder, PACKAGE.parents[1])]
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                raise StudyError(found.archive, f"scripts/{rule}.py", None, f"cannot be read: {problem}") from None
        archived, installed = known[rule, model]
        same = same and archived == installed
        if told != archived:
            raise StudyError(found.archive, name, told, f"made by other code than that of the archive, {archived}")
    return "made by the code in the archive, " + ("which is" if same else "but not") + " the code that verifies it"


@contextmanager
def _in_archive(found, member):
    """Name the member of the archive where a StudyError names the extracted file."""
    try:
        yield
    except StudyError as problem:
        key = ": ".join(filter(None, [member, problem.key]))
        raise StudyError(found.archive, key, problem.value, problem.allowed.removesuffix(f"; {ANEW}")) from None
