"""Pack studies, with their code and results, into one tar."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from scalefront.archive.opening import GATHERED
from scalefront.archive.pack import pack
from scalefront.jobs import job_log
from scalefront.results import gather
from scalefront.study.outputs import claims_name

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]) as logger, TemporaryDirectory() as folder:
    settings = snakemake.params.settings
    claims = list(map(claims_name, settings["studies"]))
    gathered = [Path(folder) / Path(name).name for name in GATHERED]
    gather(claims, snakemake.params.gather, *gathered)
    digest = pack(
        snakemake.output[0],
        settings["root"],
        settings["studies"],
        snakemake.input,
        {name: path.read_bytes() for name, path in zip(GATHERED, gathered, strict=True)},
        settings["uncommitted"],
    )
    logger.info("%s holds the science with SHA-256 %s", snakemake.output[0], digest)
