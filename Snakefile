# The front door: `snakemake --cores all` builds the default studies, `snakemake --cores all NAME` one of them.
from snakemake.utils import min_version

min_version("9.17")


configfile: workflow.source_path("config/config.yaml")


report: "workflow/report/workflow.rst"


include: "workflow/rules/runs.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/curves.smk"
include: "workflow/rules/fits.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/archive.smk"


rule all:
    default_target: True
    input:
        [final_names(STUDIES[name]) for name in CHOSEN],
        "results/claims.parquet",
        "results/claims.md",
    localrule: True
