"""Which DMFT order parameters a study asks for: of which theory points, and for which modes."""

import math

from scalefront.study.block import is_number
from scalefront.study.timegrid import last_finite
from scalefront.study.where import read_where, selected_points

MEANING = {
    "where": "which theory points: any word of the model",
    "index": "ranks k of the modes whose transfer function H_k and density of rates are written (default 1, 10, 100)",
}
INDEX = (1, 10, 100)
MOST_POINTS = 20
MOST_RANKS = 100
MOST_TIMES = 500  # correlations are written for all pairs of them


def read_order_parameters(top, parameters, shards, time, check):
    """``{points: [[digest, parameters] ...], index: [...]}`` of the study file's block, None where there is none.

    ``check`` is the model's ``check_order_parameters``: (word, what is allowed) for each way in which a point has none.
    """
    if top.content.get("order_parameters") is None:
        return None
    block = top.block("order_parameters")
    block.only(MEANING)
    conditions = block.block("where")
    if "kind" in conditions.content:
        conditions.refuse("kind", "absent: order parameters are those of theory")
    where = read_where(conditions, parameters, time_grid=None) | {"kind": "theory"}
    points = selected_points(block, shards, where)["theory"]
    if len(time) > MOST_TIMES:
        top.block("time").refuse("points", f"at most {MOST_TIMES} times with order_parameters", len(time))
    if len(points) > MOST_POINTS:
        block.refuse("where", f"at most {MOST_POINTS} points, not {len(points)}")
    for point in points:
        for word, allowed in check(point.parameters):
            block.refuse("where", f"points with {word} {allowed}", {word: point.parameters[word]})
        if last_finite(time) <= 0.5 * (point.parameters["learning_rate"] or 0):
            top.block("time").refuse("stop", "a time > 0, and of a step at least, with order_parameters")
    index = block.content.get("index", list(INDEX))
    largest = min(point.parameters["modes"] or float("inf") for point in points)
    if not isinstance(index, list) or not index or not all(_is_rank(k, largest) for k in index):
        block.refuse("index", f"a list of whole numbers from 1 to modes = {largest:g}")
    if len(set(index)) < len(index) or len(index) > MOST_RANKS:
        block.refuse("index", f"at most {MOST_RANKS} ranks, each once")
    return {"points": [[p.digest, p.parameters] for p in points], "index": [int(k) for k in index]}


def _is_rank(value, largest):
    return is_number(value) and math.isfinite(value) and value == int(value) and 1 <= value <= largest
