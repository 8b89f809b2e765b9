"""Draw one figure of a study, as SVG and PNG."""

from importlib import import_module
from typing import TYPE_CHECKING

from scalefront.figures import FIGURES
from scalefront.figures.style import save
from scalefront.jobs import job_log
from scalefront.tables import read

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    tables = {name: read(path, name, settings["study"]) for name, path in snakemake.input.items()}
    figure = import_module(FIGURES[settings["figure"]]).draw(settings, tables)
    save(figure, snakemake.output.svg, snakemake.output.png)
