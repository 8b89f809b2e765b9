"""Solve the DMFT order parameters that a study asks for: transfer functions, responses, correlations, rates."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.models import part
from scalefront.shards import provenance
from scalefront.tables import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    table = part(settings["model"], "order_parameters").correlate(settings, dict(snakemake.input.items()))
    told = {"table": "order_parameters", "study": settings["study"]}
    write(snakemake.output[0], table, provenance(snakemake.params.code, settings["seed"], **told))
