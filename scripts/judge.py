"""Judge the claims of a study by its fits."""

from typing import TYPE_CHECKING

from scalefront.claims import judge_all
from scalefront.jobs import job_log
from scalefront.shards import provenance
from scalefront.tables import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    study = settings["study"]
    verdicts = judge_all(study, settings["paper"], settings["claims"], read(snakemake.input[0], "fits", study))
    told = {"table": "claims", "study": study}
    write(snakemake.output[0], verdicts, provenance(snakemake.params.code, settings["seed"], **told))
