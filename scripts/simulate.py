"""Simulate the curves of one shard: every point and seed of it, compiled once and batched over seeds."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.shard_marks import mark
from scalefront.shards import provenance, shard_table
from scalefront.tables import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings, code = snakemake.params.settings, snakemake.params.code
    table = shard_table(settings, dict(snakemake.input.items()))
    told = {"table": "shard", "study": settings["study"], "mark": mark(settings, code)}
    write(snakemake.output[0], table, provenance(code, settings["seed"], **told))
