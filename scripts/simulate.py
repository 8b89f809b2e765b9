"""Simulate the curves of one shard: every point and seed of it, compiled once and batched over seeds."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.shards import provenance, shard_table
from scalefront.tables import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    table = shard_table(settings, dict(snakemake.input.items()))
    write(snakemake.output[0], table, provenance(snakemake.params.code, settings["seed"]))
