"""Conditions on curves, word -> value, and the points of a study that meet them."""

import math

from scalefront.study.block import is_number


def read_where(block, parameters, time_grid):
    """Conditions word -> value; ``time`` only where a grid of times is given, and only inside it."""
    allowed = {"kind", "spectrum", *parameters} | ({"time"} if time_grid else set())
    block.only(allowed)
    where = {}
    for word, value in block.content.items():
        if word == "kind":
            where[word] = block.choice(word, ("simulation", "theory"))
        elif word == "time":
            if not is_number(value) or not (value in time_grid or _inside(value, time_grid)):
                block.refuse(word, "a time of the grid; .inf needs time.limit: true")
            where[word] = float(value)
        elif word == "spectrum":
            where[word] = block.text(word)
        elif not parameters[word].accepts(value):
            block.refuse(word, f"must be {parameters[word].allowed}")
        else:
            where[word] = parameters[word].convert(value)
    return where


def _inside(value, time_grid):
    return math.isfinite(value) and time_grid[0] <= value <= max(time for time in time_grid if math.isfinite(time))


def selected_points(block, shards, where):
    """kind -> points that meet ``where``; refuses a selection that is empty."""
    conditions = {word: value for word, value in where.items() if word not in ("kind", "time")}
    found = {}
    for kind in [where["kind"]] if "kind" in where else list(shards):
        points = [point for shard in shards.get(kind, ()) for point, _ in shard.entries]
        kept = [p for p in points if all(p.parameters[word] == value for word, value in conditions.items())]
        if kept:
            found[kind] = kept
    if not found:
        block.refuse("where", "matches no point of the sweep")
    return found


def all_points(selected):
    """The points of all kinds that ``selected_points`` found."""
    return [point for points in selected.values() for point in points]


def only_differ_in(block, points, words, kind):
    """Refuse points of one kind that differ in other words than ``words``."""
    rest = [{name: value for name, value in point.parameters.items() if name not in words} for point in points]
    for other in rest[1:]:
        differing = [name for name in other if other[name] != rest[0][name]]
        if differing:
            block.refuse("where", f"must also fix {', '.join(differing)}: several {kind} curves match")
