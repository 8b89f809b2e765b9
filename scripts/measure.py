"""Measure the spectrum of real features and the power of a target on it, with resampled rows for intervals."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.measurement import measured_table
from scalefront.shards import provenance
from scalefront.tables import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    table, noise = measured_table(settings["kind"], snakemake.input.rows, settings["target"], settings["seed"])
    told = {"table": "spectrum", "study": settings["study"]} | noise
    write(snakemake.output[0], table, provenance(snakemake.params.code, settings["seed"], **told))
