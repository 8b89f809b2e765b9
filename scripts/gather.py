"""Gather the verdicts of all studies that were asked for into one table and one page."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from scalefront.claims import markdown, web_page
from scalefront.jobs import job_log
from scalefront.shards import provenance
from scalefront.tables import read, read_metadata, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    tables = [str(path) for path in snakemake.input] + list(snakemake.params.others)
    verdicts = pd.concat([read(path) for path in tables], ignore_index=True)
    seeds = {Path(path).parent.name: read_metadata(path).get("seed") for path in tables}
    write(snakemake.output.table, verdicts, provenance(snakemake.params.code, seeds))
    Path(snakemake.output.text).write_text(markdown(verdicts), encoding="utf-8")
    Path(snakemake.output.page).write_text(web_page(verdicts), encoding="utf-8")
