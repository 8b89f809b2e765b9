"""From tables to figures, and a target for each study by its name."""


rule draw:
    input:
        unpack(lambda w: spectrum_inputs(w.study)),
        unpack(lambda w: order_parameter_inputs(w.study)),
        curves="results/{study}/curves.parquet",
        fits="results/{study}/fits.parquet",
        frontier="results/{study}/frontier.parquet",
    output:
        svg=report(
            "results/{study}/figures/{figure}.svg",
            caption="../report/figure.rst",
            category="{study}",
            labels={"figure": "{figure}"},
        ),
        png="results/{study}/figures/{figure}.png",
    log:
        "results/logs/draw/{study}/{figure}.log",
    priority: 6
    conda:
        "../../envs/scalefront.yaml"
    resources:
        **job_resources(STUDIES, "table"),
    params:
        settings=lambda w: {
            "study": w.study,
            "figure": w.figure,
            "title": STUDIES[w.study].title,
            "remarks": STUDIES[w.study].remarks,
            "model": STUDIES[w.study].model,
            "fits": STUDIES[w.study].fits,
            "frontier": STUDIES[w.study].frontier,
            "order_parameters": STUDIES[w.study].order_parameters,
            "swept": STUDIES[w.study].swept,
        },
        code=lambda w: figure_code(w.figure, STUDIES[w.study].model),
    script:
        "../../scripts/draw.py"


for study in STUDIES:

    rule:
        name:
            study
        input:
            final_names(STUDIES[study]),
        localrule: True
