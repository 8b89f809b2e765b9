"""What `make run` and `scalefront claims` show: what will happen, the verdicts, what to try next."""

from rich.table import Table
from rich.text import Text

MOST_CLAIMS = 15
ORDER = {"refuted": 0, "inconclusive": 1, "confirmed": 2}
HEADER = ("study", "statement", "predicted", "measured", "verdict")
GAP = 2  # blanks between columns
SHORTEST = 12
STYLE = {"refuted": "bold red", "inconclusive": "yellow", "confirmed": "green"}


def announcement(studies, log, default):
    """What will happen: studies, curves, shards, how long the ``default`` ones take, and where Snakemake's log goes."""
    shards = [(kind, shard) for study in studies for kind, found in study.shards.items() for shard in found]
    curves = sum(seeds if kind == "simulation" else 1 for kind, shard in shards for _, seeds in shard.entries)
    names = ", ".join(study.name for study in studies)
    time = "About five minutes on two cores; results" if default else "Results"
    return (
        f"{_count(len(studies), 'study', 'studies')} ({names}): {_count(curves, 'curve', 'curves')} in "
        f"{_count(len(shards), 'shard', 'shards')}, then fits, claims and figures.\n"
        f"{time} that are up to date are kept. Snakemake's log: {log}"
    )


def _count(number, one, many):
    return f"{number} {one if number == 1 else many}"


def claims_table(claims, width, most=None):
    """The verdicts as a table of at most ``width`` characters; only statements are cut to fit.

    Beyond ``most`` rows the rest, confirmed first of all, is left out.
    """
    rows = claims.to_dict("records")
    shown = rows
    if most is not None and len(rows) > most:
        rows = sorted(rows, key=lambda row: ORDER[row["verdict"]])
        shown = rows[:most]
    cells = [(row["study"], row["statement"], _predicted(row), _measured(row), row["verdict"]) for row in shown]
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


def next_steps(claims, report):
    """How many verdicts there are and where all of them stand, where the report is, and what to try next."""
    counted = _counts(claims.to_dict("records"))
    lines = [
        f"{counted}; all with their reasons: results/claims.md" if counted else "These studies make no claims.",
        f"Report: {report}" if report else "The report could not be written; see results/snakemake.log",
        "Tables: results/<study>/{curves,fits,frontier,claims}.parquet; figures: results/<study>/figures",
        "Next: copy a file of config/studies, change capacity, source or width (only what is new is computed):",
        "      .venv/bin/scalefront run path/to/yours.yaml",
    ]
    return "\n".join(lines)


def stopped(kept, shards):
    """What is kept after Ctrl-C, and how to go on."""
    return f"Stopped. {_kept(kept, shards)}"


def unfinished(kept, shards, log, unlock):
    """What is kept after a run that failed or was killed, where its reasons stand, and how to go on.

    ``unlock`` is the command that removes a lock in the folder, None where there is no lock.
    """
    lines = [f"The run did not finish; the lines above and {log} say why. {_kept(kept, shards)}"]
    if unlock:
        lines.append(f"The folder is locked. If no other run works in it, remove the lock first: {unlock}")
    return "\n".join(lines)


def _kept(kept, shards):
    are = "is" if kept == 1 else "are"
    return f"{kept} of {_count(shards, 'shard', 'shards')} {are} kept in results/; the same command goes on from there."


def _predicted(row):
    sign = {"equals": "", "below": "< ", "above": "> "}[row["relation"]]
    return f"{sign}{row['predicted']:.4g}"


def _measured(row):
    if row["value"] != row["value"]:
        return "none"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
