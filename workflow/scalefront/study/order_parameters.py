"""Which DMFT order parameters a study asks for: of which theory points, and for which modes."""

from scalefront.study.block import is_number
from scalefront.study.where import read_where, selected_points

MEANING = {
    "where": "which theory points: any word of the model",
    "index": "ranks k of the modes whose transfer function H_k and density of rates are written (default 1, 10, 100)",
}
INDEX = (1, 10, 100)
MOST_POINTS = 20


def read_order_parameters(top, parameters, shards):
    """``{points: [[digest, parameters] ...], index: [...]}`` of the study file's block, None where there is none."""
    if top.content.get("order_parameters") is None:
        return None
    block = top.block("order_parameters")
    block.only(MEANING)
    where = read_where(block.block("where"), parameters, time_grid=None) | {"kind": "theory"}
    points = selected_points(block, shards, where)["theory"]
    if len(points) > MOST_POINTS:
        block.refuse("where", f"at most {MOST_POINTS} points, not {len(points)}")
    for point in points:
        if point.parameters["optimizer"] == "sgd":
            block.refuse("where", "points of a full-batch optimizer: sgd has no order parameters here", "sgd")
    index = block.content.get("index", list(INDEX))
    largest = min(point.parameters["modes"] or float("inf") for point in points)
    if not isinstance(index, list) or not index or not all(_is_rank(k, largest) for k in index):
        block.refuse("index", f"a list of whole numbers from 1 to modes = {largest:g}")
    return {"points": [[p.digest, p.parameters] for p in points], "index": [int(k) for k in index]}


def _is_rank(value, largest):
    return is_number(value) and value == int(value) and 1 <= value <= largest
