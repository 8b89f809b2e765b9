"""The fits of a study: which law, of what, against what, on which curves, and ``by`` which words one for each value."""

import math
import re

from scalefront.study.block import Block
from scalefront.study.groups import each_differs_in, group_points, grouped, names_of, read_by, ungrouped
from scalefront.study.predictions import read_prediction
from scalefront.study.references import need_references, read_replaced
from scalefront.study.spectrum import read_window
from scalefront.study.where import all_points, read_where, selected_points

LAWS = {
    "power": ("exponent", "prefactor"),
    "relative_difference": ("relative_difference",),
    "ratio": ("ratio",),
    "onset": ("exponent", "prefactor"),
}
_SHARED = {"of", "where", "law"}
FIT_KEYS = {
    "power": _SHARED | {"by", "against", "window", "predicted", "excess_over"},
    "relative_difference": _SHARED,
    "ratio": _SHARED | {"by", "to", "predicted"},
    "onset": _SHARED | {"by", "against", "window", "predicted", "excess_over", "threshold"},
}
GAP = "gap"
QUANTITIES = ("test_loss", "train_loss", GAP)
LOWEST = "lowest"
FIT_NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED_FITS = ("frontier", "spectrum")
MIN_VALUES = 5
MAX_FITS = 2000  # with one for each group of those that have ``by``
MAX_NAME = 100


def read_fits(top, parameters, shards, time, predictions):
    """name -> fit with defaults filled in; every selection is known to match curves of the study."""
    outer = top.block("fits")
    if len(outer.content) > MAX_FITS:
        top.refuse("fits", f"at most {MAX_FITS} fits", len(outer.content))
    for name in outer.content:
        if not isinstance(name, str) or not FIT_NAME.fullmatch(name) or name in RESERVED_FITS:
            reserved = ", ".join(RESERVED_FITS)
            outer.refuse(name, f"the name of a fit matches {FIT_NAME.pattern} and is none of: {reserved}")
        if len(name) > MAX_NAME:
            outer.refuse(name, f"the name of a fit has at most {MAX_NAME} characters")
    fits = {name: _fit(block, parameters, shards, time, predictions) for name, block in top.items("fits")}
    made = sum(len(names_of(name, fit)) for name, fit in fits.items())
    if made > MAX_FITS:
        top.refuse("fits", f"at most {MAX_FITS} fits, one for each group", made)
    return fits


def _fit(block, parameters, shards, time, predictions):
    law = block.choice("law", tuple(LAWS), "power")
    block.only(FIT_KEYS[law])
    read = {"power": _power, "relative_difference": _difference, "ratio": _ratio, "onset": _onset}[law]
    empty = {"of": block.choice("of", QUANTITIES), "law": law, "against": None, "window": None}
    empty |= {"by": [], "groups": {}, "predicted": None}
    return empty | read(block, parameters, shards, time, predictions)


def _difference(block, parameters, shards, time, _):
    where = read_where(block.block("where"), parameters, time)
    selected = _selected(block, shards, where)
    found = {kind: {point.digest for point in points} for kind, points in selected.items()}
    if not found.get("simulation", set()) & found.get("theory", set()):
        block.refuse("where", "matches no point that has both simulation and theory")
    return {"where": where}


def _power(block, parameters, shards, time, predictions):
    against = block.choice("against", ("time", *_numbers(parameters)))
    where = read_where(block.block("where"), parameters, time)
    if against != "time" and "time" not in where:
        message = "missing: a fit against a parameter needs the time at which it is made"
        block.block("where").refuse("time", message, None)
    if against == "time" and "time" in where:
        block.block("where").refuse("time", "not allowed in a fit against time")
    return _curve(block, where, against, parameters, shards, time, predictions)


def _onset(block, parameters, shards, time, predictions):
    against = block.choice("against", _numbers(parameters))
    where = read_where(block.block("where"), parameters, time_grid=None)
    found = _curve(block, where, against, parameters, shards, time, predictions)
    if found["excess_over"] is None and block.content["of"] != GAP:
        block.refuse("excess_over", "missing: an onset is that of the gap, or of an excess over a reference", None)
    threshold = block.number("threshold", above=0)
    if found["excess_over"] is None and threshold >= 1:
        block.refuse("threshold", "must be < 1: the gap is a share of test_loss + label_noise²")
    return found | {"threshold": threshold}


def _curve(block, where, against, parameters, shards, time, predictions):
    """What the laws that are fitted along a curve share."""
    by = read_by(block, parameters, {"against": against})
    groups = group_points(_selected(block, shards, where), by)
    each_differs_in(block, groups, {against})
    groups = _with_enough_values(block, groups, against, time)
    over = None
    if block.content.get("excess_over") is not None:
        over = read_replaced(block.block("excess_over"), parameters)
        need_references(block, "excess_over", ungrouped(groups), shards, over)
        groups = _beside_references(groups, over)
    asked = read_prediction(block, predictions, optional=True)

    def predict(points):
        return predictions.at(block, asked, points).value if isinstance(asked, str) else asked

    told = {"where": where, "against": against, "window": read_window(block), "excess_over": over}
    return told | grouped(by, groups, predict)


def _with_enough_values(block, groups, against, time):
    """The groups in which a kind of curves has MIN_VALUES finite values; refuses a kind that has them in none."""

    def enough(points):
        values = time if against == "time" else {point.parameters[against] for point in points}
        return sum(value is not None and math.isfinite(value) for value in values) >= MIN_VALUES

    for kind in ungrouped(groups):
        if not any(enough(group[kind]) for group in groups.values() if kind in group):
            block.refuse("against", f"at least {MIN_VALUES} finite values of it among the {kind} curves", against)
    return {name: group for name, group in groups.items() if any(map(enough, group.values()))}


def _beside_references(groups, replaced):
    """The groups that hold other curves than those which are their own reference."""
    return {
        name: group
        for name, group in groups.items()
        if any(point.parameters | replaced != point.parameters for point in all_points(group))
    }


def _ratio(block, parameters, shards, time, _):
    where = _with_lowest(block.block("where"), lambda one: read_where(one, parameters, time), time)
    if "time" not in where:
        block.block("where").refuse("time", f"missing: a time of the grid, .inf or {LOWEST}", None)
    by = read_by(block, parameters, {})
    groups = group_points(_selected(block, shards, where), by)
    each_differs_in(block, groups, ())
    to = _with_lowest(block.block("to"), lambda one: read_replaced(one, parameters, ("time",)), time)
    words = {word: value for word, value in to.items() if word != "time"}
    if to.get("time", where["time"]) == where["time"] or words:
        need_references(block, "to", ungrouped(groups), shards, words)
        groups = _beside_references(groups, words)
    predicted = block.number("predicted", None)
    return {"where": where, "to": to} | grouped(by, groups, lambda _: predicted)


def _with_lowest(block, read, time):
    """What ``read`` reads of a block, with its time, which may be "lowest"."""
    asked = block.content.get("time")
    if asked is None:
        return read(block)
    rest = Block(block.file, block.key, {word: value for word, value in block.content.items() if word != "time"})
    if asked == LOWEST:
        return read(rest) | {"time": LOWEST}
    return read(block) | read_where(Block(block.file, block.key, {"time": asked}), {}, time)


def _selected(block, shards, where):
    """kind -> points of the fit; refuses the gap on measured rows, whose unexplained noise is not in label_noise."""
    selected = selected_points(block, shards, where)
    measured = any(point.parameters["spectrum"].startswith("data") for point in all_points(selected))
    if block.content["of"] == GAP and measured:
        block.refuse("of", "a loss: measured rows hold noise that is not in label_noise")
    return selected


def _numbers(parameters):
    return tuple(word for word, parameter in parameters.items() if not parameter.choices)
