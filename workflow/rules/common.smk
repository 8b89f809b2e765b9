"""Studies, settings and code digests that the rules share; nothing heavy is imported while this is parsed."""

import sys
from pathlib import Path

from scalefront import catalogue
from scalefront.archive.asked import archive_name, require_source, state, uncommitted_allowed
from scalefront.code_digest import code_digest
from scalefront.errors import StudyError
from scalefront.figures import FIGURES
from scalefront.models import REGISTRY
from scalefront.resources import job_resources
from scalefront.rule_digests import rule_digest
from scalefront.shard_marks import shard_marks
from scalefront.study.outputs import final_names, result_names, shard_names
from scalefront.study.spectrum import BUNDLED_SETS


def refuse(problem):
    """End with one line and exit code 1, and take back the log that Snakemake has just begun."""
    for log in map(Path, workflow.logger_manager.get_logfile()):
        log.unlink(missing_ok=True)
        for folder in (log.parent, log.parent.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    sys.exit(f"scalefront: {problem}")


def archived_paths():
    """Name -> path of the study files of the archive."""
    return {name: STUDIES[name].path for name in ARCHIVED}


try:
    asked = catalogue.listed(config.get("studies"))
    packed = catalogue.listed(config.get("archive", asked), "archive")
    every = list(dict.fromkeys(asked + packed))
    STUDIES, found = catalogue.load_studies(catalogue.folders_of(ROOT), every, targets=sys.argv)
    CHOSEN, ARCHIVED = ([found[every.index(entry)] for entry in entries] for entries in (asked, packed))
    ARCHIVE = archive_name(ARCHIVED, ROOT)
    if workflow.is_main_process:
        for name in STUDIES:
            if name in CHOSEN or name in sys.argv or (name in ARCHIVED and "archive" in sys.argv):
                catalogue.check_files(STUDIES[name])
        if "archive" in sys.argv:
            require_source(ROOT, archived_paths(), uncommitted_allowed(config))
except StudyError as problem:
    refuse(problem)


wildcard_constraints:
    study="|".join(STUDIES),
    shard=r"[A-Za-z0-9_.+-]+",
    figure="|".join(FIGURES),
    bundled="|".join(BUNDLED_SETS),


def code(script, study=None):
    """Digest of the code behind one script, with the module of the study's model that it runs."""
    return rule_digest(ROOT, script, STUDIES[study].model if study else None)


def other_claims():
    """Claims that earlier runs have left, with their times: gathered as they are, never made anew for this run."""
    found = sorted(path for path in Path("results").glob("*/claims.parquet") if path.parent.name not in CHOSEN)
    return {str(path): path.stat().st_mtime_ns for path in found}


def rows_path(study):
    """The file of features and targets, or of eigenvalues, that a study brings; a rule exports the bundled ones."""
    source = STUDIES[study].spectrum
    return f"results/datasets/{source.bundled}.npz" if source.bundled else source.path


def spectrum_inputs(study, rows=False):
    """Named inputs of a job of a study whose spectrum is not a power law: the spectrum, and the rows behind it."""
    if not STUDIES[study].spectrum.measured:
        return {}
    spectrum = {"spectrum": f"results/{study}/spectrum.parquet"}
    return spectrum | ({"rows": rows_path(study)} if rows and STUDIES[study].spectrum.kind == "data" else {})


def order_parameter_inputs(study):
    """Named input of a figure of a study that asks for order parameters."""
    asked = STUDIES[study].order_parameters is not None
    return {"order_parameters": f"results/{study}/order_parameters.parquet"} if asked else {}


def figure_code(figure, model):
    """Digest of the code that draws one figure of a study of ``model``, whose predictions it may show."""
    return code_digest(ROOT / "scripts" / "draw.py", [FIGURES[figure], f"{REGISTRY[model]}.exponents"])


def archived_results():
    """All results of the studies of the archive; asked when jobs are planned, so that it is refused before any runs."""
    if workflow.is_main_process:
        try:
            require_source(ROOT, archived_paths(), uncommitted_allowed(config))
        except StudyError as problem:
            refuse(problem)
    return list(dict.fromkeys(path for name in ARCHIVED for path in result_names(STUDIES[name])))


def archive_settings():
    """What the job that packs needs to know."""
    studies = {name: [STUDIES[name].path, STUDIES[name].title] for name in ARCHIVED}
    return {"root": str(ROOT), "studies": studies, "uncommitted": uncommitted_allowed(config)}
