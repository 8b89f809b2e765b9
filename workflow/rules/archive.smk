"""From results to an archive that can be kept: `snakemake archive`, `snakemake archive --config archive=[NAME, ...]`."""


rule pack:
    input:
        lambda w: archived_results(),
    output:
        f"results/archives/{ARCHIVE}.tar",
    log:
        "results/logs/pack.log",
    localrule: True
    conda:
        "../../envs/scalefront.yaml"
    params:
        settings=lambda w: archive_settings(),
        gather=code("gather"),
        source=lambda w: state(ROOT, archived_paths()),
        code=lambda w: code("pack"),
    message:
        "Packing {output}"
    script:
        "../../scripts/pack.py"


rule archive:
    input:
        f"results/archives/{ARCHIVE}.tar",
    localrule: True
