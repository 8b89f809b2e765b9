"""From curves to fits for one study, its theory without a workflow, and the verdicts of all studies in one place."""

import tempfile
from pathlib import Path

import pandas as pd

from scalefront import tables
from scalefront.atomic import atomic
from scalefront.claims import markdown, web_page
from scalefront.fits.fitting import FITS_SCHEMA, fit_table
from scalefront.fits.spectrum import spectrum_rows
from scalefront.models import part
from scalefront.shards import provenance, shard_table


def study_fits(settings, curves, spectrum=None):
    """The fits and the frontier of a study.

    Parameters
    ----------
    settings : study, model, fits, frontier, window (of the fits to a measured spectrum)
    curves : its curves table, a frame
    spectrum : path of its measured spectrum, None for a power law

    Returns
    -------
    fits, frontier : frames with the columns of the contract
    """
    asymptotic_range = part(settings["model"], "exponents").asymptotic_range

    def reach(parameters, word):
        """Where a model vouches for its exponents; None where the spectrum is no power law."""
        if pd.isna(parameters["capacity"]):
            return None
        try:
            return asymptotic_range(word, parameters)
        except KeyError:
            return None

    fits, frontier = fit_table(curves, settings["fits"], settings["frontier"], reach)
    if spectrum is None:
        return fits, frontier
    found = tables.read(spectrum, "spectrum", settings["study"])
    rows = spectrum_rows(found, tables.read_metadata(spectrum)["rows"], settings["window"])
    measured = pd.DataFrame(
        [{name: row.get(name) for name in FITS_SCHEMA} | {"study": settings["study"]} for row in rows],
        columns=list(FITS_SCHEMA),
    ).astype(FITS_SCHEMA)
    return (pd.concat([fits, measured], ignore_index=True) if len(fits) else measured), frontier


def gather(paths, code, table, text, page):
    """Gather claims tables into one: as Parquet in ``table``, as Markdown in ``text``, as a web page in ``page``.

    Parameters
    ----------
    paths : claims tables, results/<study>/claims.parquet each, in the order of their rows
    code : digest of the code that gathers
    """
    verdicts = pd.concat([tables.read(path, "claims", Path(path).parent.name) for path in paths], ignore_index=True)
    seeds = {Path(path).parent.name: tables.read_metadata(path).get("seed") for path in paths}
    tables.write(table, verdicts, provenance(code, seeds, table="gathered claims"))
    for path, content in ((text, markdown(verdicts)), (page, web_page(verdicts))):
        with atomic(path) as temporary:
            temporary.write_text(content, encoding="utf-8")


def solve_study(study, output):
    """Solve all theory shards of a study into one file, .parquet or .csv; returns the Arrow table.

    A measured spectrum is measured first, in a temporary folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = _measured(study, Path(folder))
        shards = study.shards["theory"]
        made = [shard_table(study.shard_settings("theory", shard.name), sources) for shard in shards]
        paths = [Path(folder) / f"{number}.parquet" for number in range(len(made))]
        for path, table in zip(paths, made, strict=True):
            tables.write(path, table, {})
        merged = Path(folder) / "curves.parquet"
        told = provenance(None, study.seed) | {"compute": study.compute}
        tables.merge(paths, merged, study.swept, told, study.compute)
        return tables.copy(merged, output)


def _measured(study, folder):
    source = study.spectrum
    if not source.measured:
        return {}
    from scalefront.datasets import EXPORTS
    from scalefront.measurement import measured_table

    rows = source.path
    if source.bundled:
        rows = folder / f"{source.bundled}.npz"
        EXPORTS[source.bundled](rows)
    table, noise = measured_table(source.kind, rows, source.target, study.seed)
    tables.write(folder / "spectrum.parquet", table, noise)
    return {"spectrum": folder / "spectrum.parquet", "rows": rows}
