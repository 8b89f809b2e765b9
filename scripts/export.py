"""Export a data set that a package bundles, so that a study can read it like a file of one's own."""

from typing import TYPE_CHECKING

from scalefront.datasets import EXPORTS
from scalefront.jobs import job_log

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    EXPORTS[snakemake.wildcards.bundled](snakemake.output[0])
