"""Merge the shards of a study into its curves table, sorted, as a stream."""

from typing import TYPE_CHECKING

from scalefront.jobs import job_log
from scalefront.tables import merge, read_metadata

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    shards = [str(path) for path in snakemake.input]
    made = {path.split("/shards/")[-1]: read_metadata(path) for path in shards}
    seed = next((told.get("seed") for told in made.values()), None)
    codes = sorted({told.get("code") for told in made.values()})
    packages = next((told.get("packages") for told in made.values()), {})
    metadata = {"code": snakemake.params.code, "shard_code": codes, "packages": packages, "seed": seed}
    merge(shards, snakemake.output[0], snakemake.params.swept, metadata)
