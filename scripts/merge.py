"""Merge the shards of a study into its curves table, sorted, as a stream."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.tables import merge, read_metadata

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    shards = [str(path) for path in snakemake.input]
    made = [read_metadata(path) for path in shards]
    settings = snakemake.params.settings
    metadata = {
        "code": snakemake.params.code,
        "shard_code": sorted({told.get("code") for told in made}),
        "packages": made[0].get("packages"),
        "seed": settings["seed"],
        "compute": settings["compute"],
        "table": "curves",
        "study": settings["study"],
    }
    merge(shards, snakemake.output[0], settings["swept"], metadata, settings["compute"], snakemake.params.marks)
