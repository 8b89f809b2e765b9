"""From curves to exponents and the compute-optimal frontier."""


rule fit:
    input:
        unpack(lambda w: spectrum_inputs(w.study)),
        curves="results/{study}/curves.parquet",
    output:
        fits="results/{study}/fits.parquet",
        frontier="results/{study}/frontier.parquet",
    log:
        "results/logs/fit/{study}.log",
    priority: 4
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "table"),
    params:
        settings=lambda w: {
            "study": w.study,
            "model": STUDIES[w.study].model,
            "seed": STUDIES[w.study].seed,
            "fits": STUDIES[w.study].fits,
            "frontier": STUDIES[w.study].frontier,
            "window": STUDIES[w.study].spectrum.window,
        },
        code=lambda w: code("fit", w.study),
    script:
        "../../scripts/fit.py"
