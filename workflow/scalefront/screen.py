"""What `make run` and `scalefront claims` show: what will happen, the verdicts, what to try next."""

from rich.table import Table
from rich.text import Text

MOST_CLAIMS = 16
ORDER = {"refuted": 0, "inconclusive": 1, "confirmed": 2}
STYLE = {"refuted": "bold red", "inconclusive": "yellow", "confirmed": "green"}


def announcement(studies, log):
    """What will happen: studies, points, curves, and where Snakemake's own log goes."""
    curves = sum(
        seeds if kind == "simulation" else 1
        for study in studies
        for kind, shards in study.shards.items()
        for shard in shards
        for _, seeds in shard.entries
    )
    shards = sum(len(found) for study in studies for found in study.shards.values())
    names = ", ".join(study.name for study in studies)
    return (
        f"{len(studies)} studies ({names}): {curves} curves in {shards} shards, then fits, claims and figures.\n"
        f"The default studies take about two minutes on two cores; results that are up to date are kept. Log: {log}"
    )


def claims_table(claims, most=None):
    """The verdicts as a table; beyond ``most`` rows the confirmed ones are counted and not shown."""
    rows = (
        sorted(claims.to_dict("records"), key=lambda row: ORDER[row["verdict"]]) if most else claims.to_dict("records")
    )
    shown = rows if most is None or len(rows) <= most else rows[: most - 1]
    table = Table("study", "statement", "predicted", "measured", "verdict", box=None, pad_edge=False)
    for row in shown:
        table.add_row(
            row["study"],
            Text(row["statement"]),
            _predicted(row),
            _measured(row),
            Text(row["verdict"], style=STYLE[row["verdict"]]),
        )
    if len(shown) < len(rows):
        rest = rows[len(shown) :]
        counts = ", ".join(
            f"{sum(r['verdict'] == v for r in rest)} {v}" for v in ORDER if any(r["verdict"] == v for r in rest)
        )
        table.add_row("...", f"and {counts}: `scalefront claims` shows all", "", "", "")
    for column in table.columns:
        column.no_wrap = True
        column.overflow = "ellipsis"
    return table


def next_steps(report):
    """Where the report is, and what to try next."""
    lines = [f"Report: {report}" if report else "The report could not be written; see results/snakemake.log"]
    lines += [
        "Tables: results/<study>/{curves,fits,frontier,claims}.parquet; figures: results/<study>/figures",
        "Next: copy a file of config/studies, change capacity, source or width, and run",
        "      snakemake --cores all --config studies=path/to/yours.yaml   (only what is new is computed)",
    ]
    return "\n".join(lines)


def interrupted(log, by_user):
    """What is kept after a stop, and how to go on."""
    head = "Stopped." if by_user else f"Some jobs failed; {log} says why."
    return f"{head} Every finished shard is kept in results/; run the same command again to go on from there."


def _predicted(row):
    sign = {"equals": "", "below": "< ", "above": "> "}[row["relation"]]
    return f"{sign}{row['predicted']:.4g}"


def _measured(row):
    if row["value"] != row["value"]:
        return row["reason"] or "none"
    return f"{row['value']:.4f} [{row['low']:.4f}, {row['high']:.4f}]"
