"""From points to curves: export and measure real data, simulate and solve shards, merge them."""


rule export:
    output:
        "results/datasets/{bundled}.npz",
    log:
        "results/logs/export/{bundled}.log",
    conda:
        "../../envs/scalefront.yaml"
    params:
        code=code("export"),
    script:
        "../../scripts/export.py"


rule measure:
    input:
        rows=lambda w: rows_path(w.study),
    output:
        "results/{study}/spectrum.parquet",
    log:
        "results/logs/measure/{study}.log",
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "measure"),
    params:
        settings=lambda w: {
            "study": w.study,
            "kind": STUDIES[w.study].spectrum.kind,
            "target": STUDIES[w.study].spectrum.target,
            "seed": STUDIES[w.study].seed,
        },
        code=code("measure"),
    script:
        "../../scripts/measure.py"


rule simulate:
    input:
        unpack(lambda w: spectrum_inputs(w.study, rows=True)),
    output:
        "results/{study}/shards/simulation/{shard}.parquet",
    log:
        "results/logs/simulate/{study}/{shard}.log",
    priority: 1
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "simulation"),
    params:
        settings=lambda w: STUDIES[w.study].shard_settings("simulation", w.shard),
        code=lambda w: code("simulate", w.study),
    script:
        "../../scripts/simulate.py"


rule solve:
    input:
        unpack(lambda w: spectrum_inputs(w.study)),
    output:
        "results/{study}/shards/theory/{shard}.parquet",
    log:
        "results/logs/solve/{study}/{shard}.log",
    priority: 2
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "theory"),
    params:
        settings=lambda w: STUDIES[w.study].shard_settings("theory", w.shard),
        code=lambda w: code("solve", w.study),
    script:
        "../../scripts/solve.py"


rule correlate:
    input:
        unpack(lambda w: spectrum_inputs(w.study)),
    output:
        "results/{study}/order_parameters.parquet",
    log:
        "results/logs/correlate/{study}.log",
    priority: 2
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "order_parameters"),
    params:
        settings=lambda w: STUDIES[w.study].order_parameter_settings(),
        code=lambda w: code("correlate", w.study),
    script:
        "../../scripts/correlate.py"


rule merge:
    input:
        lambda w: shard_names(STUDIES[w.study]),
    output:
        "results/{study}/curves.parquet",
    log:
        "results/logs/merge/{study}.log",
    priority: 3
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "table"),
    params:
        settings=lambda w: {
            "swept": STUDIES[w.study].swept,
            "compute": STUDIES[w.study].compute,
            "seed": STUDIES[w.study].seed,
            "study": w.study,
        },
        marks=lambda w: list(shard_marks(STUDIES[w.study], ROOT).values()),
        code=code("merge"),
    script:
        "../../scripts/merge.py"
