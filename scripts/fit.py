"""Fit exponents and the compute-optimal frontier of a study to its curves."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.results import study_fits
from scalefront.shards import provenance
from scalefront.tables import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    curves = read(snakemake.input.curves, "curves", settings["study"])
    fits, frontier = study_fits(settings, curves, snakemake.input.get("spectrum"))
    made = provenance(snakemake.params.code, settings["seed"], study=settings["study"])
    compute = (settings["frontier"] or {}).get("compute", [])
    write(snakemake.output.fits, fits, made | {"table": "fits"})
    write(snakemake.output.frontier, frontier, made | {"table": "frontier", "compute": compute})
