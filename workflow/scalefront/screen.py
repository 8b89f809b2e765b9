"""What `make run` and `scalefront claims` show: what will happen, the verdicts, what to try next."""

from rich.table import Table
from rich.text import Text

MOST_CLAIMS = 16
ORDER = {"refuted": 0, "inconclusive": 1, "confirmed": 2}
HEADER = ("study", "statement", "predicted", "measured", "verdict")
GAP = 2  # blanks between columns
SHORTEST = 12
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


def claims_table(claims, width, most=None):
    """The verdicts as a table of at most ``width`` characters; only statements are cut to fit.

    Beyond ``most`` rows the confirmed claims are counted and not shown.
    """
    rows = claims.to_dict("records")
    shown = rows
    if most is not None and len(rows) > most:
        rows = sorted(rows, key=lambda row: ORDER[row["verdict"]])
        shown = rows[: most - 1]
    cells = [(row["study"], row["statement"], _predicted(row), _measured(row), row["verdict"]) for row in shown]
    if len(shown) < len(rows):
        cells.append(("...", f"{_counts(rows[len(shown) :])} more: `scalefront claims` shows all", "", "", ""))
    table = Table(*HEADER, box=None, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
    others = list(zip(HEADER, *cells, strict=True))[2:]
    room = width - sum(max(map(len, column)) for column in others) - GAP * (len(HEADER) - 1)
    names = min(max(len(row[0]) for row in (HEADER, *cells)), max(room // 2, SHORTEST))
    for study, statement, *measured, verdict in cells:
        text = _cut(statement, max(room - names, SHORTEST))
        table.add_row(_cut(study, names), text, *measured, Text(verdict, style=STYLE.get(verdict, "")))
    return table


def _counts(rows):
    found = [(sum(row["verdict"] == verdict for row in rows), verdict) for verdict in ORDER]
    return ", ".join(f"{number} {verdict}" for number, verdict in found if number)


def _cut(text, length):
    return Text(text if len(text) <= length else text[: length - 1] + "…")


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
        return "none"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
