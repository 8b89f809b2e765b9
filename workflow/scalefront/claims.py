"""Claims of the literature: a measured quantity, a relation and a prediction become a verdict."""

import html
import math
from typing import NamedTuple

import pandas as pd

from scalefront import tables
from scalefront.errors import StudyError
from scalefront.study.claims import RELATIONS

SCHEMA = {
    **dict.fromkeys(("study", "id", "paper", "statement", "quantity", "relation"), "str"),
    **dict.fromkeys(("predicted", "value", "low", "high", "tolerance"), "float64"),
    **dict.fromkeys(("verdict", "reason"), "str"),
}
CONFIRMED, REFUTED, INCONCLUSIVE = "confirmed", "refuted", "inconclusive"
WIDEST_INTERVAL = 4  # times the tolerance: a wider one does not confirm an equality
REACHED = 1.5  # drifts: half a one to the end of the window, one more over as long again beyond it
_PREFERRED_KIND = "theory"
SHOWN = ("study", "claim", "predicted", "measured", "verdict", "reason")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Claims</title><style>
body {{ font: 15px/1.4 sans-serif; margin: 1.5em; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: 0.3em 0.9em; border-bottom: 1px solid #ddd; vertical-align: top; }}
.refuted td:nth-child(5) {{ color: #b00020; font-weight: bold; }}
.inconclusive td:nth-child(5) {{ color: #8a6100; font-weight: bold; }}
.confirmed td:nth-child(5) {{ color: #1b6e3c; font-weight: bold; }}
</style></head><body><table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


class Measurement(NamedTuple):
    """A measured quantity with its interval; NaN where there is none, then ``trouble`` says why.

    ``drift`` is by how much a local exponent changes over its window, (low, high) in x; NaN for what is no exponent.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    drift: float = math.nan
    window: tuple = (math.nan, math.nan)
    trouble: str = ""


def judge(claim, fits, study="", paper=""):
    """The verdict on one claim.

    With the interval [low, high] (widened to hold the value): "equals" is confirmed if |value - predicted| <= tolerance
    and high - low <= 4 tolerance, refuted if the interval lies farther than the tolerance from the prediction, unless
    the exponent has not converged: its drift, going on over as long again in log x beyond the window, would bring it to
    within the tolerance. Where a prediction is known to hold from some x on only, half of the window must lie beyond it
    in log x. "below" is confirmed if high < predicted and refuted if low >= predicted, "above" the other
    way round. Else inconclusive.

    Parameters
    ----------
    claim : ``{id, statement, quantity, relation, predicted, tolerance, outside, since}``; predicted is a number,
        tolerance > 0 is only needed for "equals"; ``outside`` is the range of a prediction that is asked outside it,
        ``since`` the x from which on it is meant; ``quantity`` is
        "<fit>.<parameter>", of theory where it has several kinds, or "<fit>.<parameter>:<kind>"
    fits : fits table of the claim's study
    study, paper : names for the row

    Returns
    -------
    dict with the columns of SCHEMA
    """
    measured = measurement(claim["quantity"], fits)
    predicted, tolerance = float(claim["predicted"]), float(claim.get("tolerance", math.nan))
    verdict, reason = _verdict(measured, claim["relation"], predicted, tolerance, claim.get("since", 0.0))
    if claim.get("outside"):
        reason += f"; the prediction is meant for {claim['outside']}"
    named = {"study": study, "paper": paper} | {key: claim[key] for key in ("id", "quantity", "relation")}
    numbers = {"predicted": predicted, "value": measured.value, "low": measured.low, "high": measured.high}
    row = named | numbers | {"statement": claim.get("statement", ""), "tolerance": tolerance}
    return {key: (row | {"verdict": verdict, "reason": reason})[key] for key in SCHEMA}


def judge_all(study, paper, claims, fits):
    """Claims table, with the columns of SCHEMA, of all ``claims`` of a study."""
    named, none = dict(iter(fits.groupby("fit"))), fits.iloc[:0]
    rows = [judge(claim, named.get(_named(claim["quantity"])[0], none), study, paper) for claim in claims]
    return pd.DataFrame(rows, columns=list(SCHEMA)).astype(SCHEMA)


def read_claims(path):
    """The claims table at ``path``; StudyError where it is none, or holds what ``judge_all`` does not write."""
    table = tables.read(path)
    if tables.schema(path) != tables.schema_of(SCHEMA) or not _are_claims(table):
        raise StudyError(path, "", None, "not a table of claims; `scalefront run` makes one")
    return table


def _are_claims(table):
    """Whether a frame with the columns of SCHEMA holds known words and printable texts alone."""
    texts = [name for name, kind in SCHEMA.items() if kind == "str"]
    printable = all(isinstance(text, str) and text.isprintable() for name in texts for text in table[name])
    known = table["relation"].isin(RELATIONS) & table["verdict"].isin((CONFIRMED, REFUTED, INCONCLUSIVE))
    return printable and bool(known.all())


def _named(quantity):
    """(fit, parameter, kind) of "<fit>.<parameter>[:<kind>]"; a fit may have dots in its name, a kind may be empty."""
    name, _, kind = quantity.partition(":")
    fit, _, parameter = name.rpartition(".")
    return fit, parameter, kind


def measurement(quantity, fits):
    """The Measurement that "<fit>.<parameter>[:<kind>]" names in a fits table."""
    fit, parameter, kind = _named(quantity)
    rows = fits[(fits["fit"] == fit) & (fits["parameter"] == parameter)]
    if not kind:
        kind = _PREFERRED_KIND if (rows["kind"] == _PREFERRED_KIND).any() or rows.empty else rows["kind"].min()
    if not rows["kind"].isna().all():
        rows = rows[rows["kind"] == kind]
    if rows.empty:
        return Measurement(trouble=f"no fit gives {quantity}")
    row = rows.iloc[0]
    if row["status"] != "ok":
        because = row["left_out_because"]
        return Measurement(trouble=row["status"] + ("" if pd.isna(because) else f": {because}"))
    window = float(row["window_low"]), float(row["window_high"])
    measured = Measurement(*(float(row[number]) for number in ("value", "low", "high", "drift")), window)
    if not math.isfinite(measured.low + measured.high):
        return measured._replace(trouble="the fit has no interval")
    return measured


def _verdict(measured, relation, predicted, tolerance, since):
    if measured.trouble:
        return INCONCLUSIVE, measured.trouble
    if not math.isfinite(predicted):
        return INCONCLUSIVE, "there is no prediction"
    if math.sqrt(math.prod(measured.window)) < since:
        trend = (
            f"the exponent drifts by {measured.drift:.2g} over the window [{', '.join(map(_short, measured.window))}]"
        )
        return INCONCLUSIVE, f"another power comes before the predicted one, up to x = {_short(since)}; {trend}"
    low, high = min(measured.low, measured.value), max(measured.high, measured.value)
    if relation == "equals":
        return _equals(measured.value, low, high, measured.drift, predicted, tolerance)
    on_side, off_side = (
        (high < predicted, low >= predicted) if relation == "below" else (low > predicted, high <= predicted)
    )
    where = f"the interval [{low:.4g}, {high:.4g}]"
    if on_side:
        return CONFIRMED, f"{where} lies {relation} {predicted:.4g}"
    if off_side:
        return REFUTED, f"{where} does not lie {relation} {predicted:.4g}"
    return INCONCLUSIVE, f"{where} holds {predicted:.4g}"


def _short(x):
    return f"{x:.2g}"


def _equals(value, low, high, drift, predicted, tolerance):
    difference, width = abs(value - predicted), high - low
    gap = max(low - predicted, predicted - high)
    if gap > tolerance and _drifts_to(value, drift, predicted, tolerance):
        trend = f"the exponent is still drifting towards it: by {drift:.2g} over the window"
        return INCONCLUSIVE, f"the interval lies {gap:.2g} from the prediction, but {trend}"
    if gap > tolerance:
        return REFUTED, f"the interval lies {gap:.2g} from the prediction, more than the tolerance {tolerance:g}"
    if difference > tolerance:
        return INCONCLUSIVE, f"the value is {difference:.2g} off, but the interval meets the prediction"
    if width > WIDEST_INTERVAL * tolerance:
        return INCONCLUSIVE, f"the interval is {width:.2g} wide, more than {WIDEST_INTERVAL} times the tolerance"
    return CONFIRMED, f"the value is {difference:.2g} off, within the tolerance {tolerance:g}"


def _drifts_to(value, drift, predicted, tolerance):
    """Whether a drift that goes on over as long again as the window brings a value to within the tolerance."""
    if math.isnan(drift):
        return False
    reached = value + REACHED * drift
    return min(value, reached) - tolerance <= predicted <= max(value, reached) + tolerance


def markdown(table):
    """A claims table as a Markdown table: statement, predicted, measured with interval, verdict and reason."""
    lines = ["| " + " | ".join(SHOWN) + " |", "|---" * len(SHOWN) + "|"]
    for cells in _cells(table):
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def web_page(table):
    """The same table as an HTML page that needs nothing else, for the report."""
    head = "".join(f"<th>{name}</th>" for name in SHOWN)
    rows = [
        f'<tr class="{cells[SHOWN.index("verdict")]}">'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for cells in _cells(table)
    ]
    return PAGE.format(head=head, rows="\n".join(rows))


def _cells(table):
    for row in table.to_dict("records"):
        cells = [row["study"], row["statement"], _predicted(row), _measured(row), row["verdict"], row["reason"]]
        yield [str(cell) for cell in cells]


def _predicted(row):
    if row["relation"] != "equals":
        return f"{row['relation']} {row['predicted']:.4g}"
    return f"{row['predicted']:.4g} ± {row['tolerance']:.2g}"


def _measured(row):
    if not math.isfinite(row["value"]):
        return "–"
    if not math.isfinite(row["low"]):
        return f"{row['value']:.4g}"
    return f"{row['value']:.4g} [{row['low']:.4g}, {row['high']:.4g}]"
