"""Gather the verdicts of all studies that were asked for into one table and one page."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.results import gather

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    output = snakemake.output
    tables = [str(path) for path in snakemake.input] + list(snakemake.params.others)
    gather(tables, snakemake.params.code, output.table, output.text, output.page)
