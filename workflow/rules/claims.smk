"""From fits to verdicts."""


rule judge:
    input:
        "results/{study}/fits.parquet",
    output:
        "results/{study}/claims.parquet",
    log:
        "results/logs/judge/{study}.log",
    priority: 5
    localrule: True
    conda:
        "../../envs/scalefront.yaml"
    params:
        settings=lambda w: {
            "study": w.study,
            "paper": STUDIES[w.study].paper,
            "seed": STUDIES[w.study].seed,
            "claims": list(STUDIES[w.study].claims),
        },
        code=code("judge"),
    script:
        "../../scripts/judge.py"


rule gather:
    input:
        expand("results/{study}/claims.parquet", study=CHOSEN),
    output:
        table="results/claims.parquet",
        text="results/claims.md",
        page=report(
            "results/claims.html", caption="../report/claims.rst", category="Claims", labels={"table": "verdicts"}
        ),
    log:
        "results/logs/gather.log",
    localrule: True
    conda:
        "../../envs/scalefront.yaml"
    params:
        others=other_claims(),
        code=code("gather"),
    script:
        "../../scripts/gather.py"
