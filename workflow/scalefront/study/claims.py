"""The claims of a study: each a measured quantity, a relation and a prediction.

A claim on a fit that is made ``by`` words stands for one claim on each of its groups.
"""

from scalefront.study.block import Block
from scalefront.study.groups import group_points, in_words
from scalefront.study.predictions import read_prediction
from scalefront.study.quantities import known_quantities, read_quantity
from scalefront.study.where import all_points, read_where, selected_points

KEYS = ("id", "statement", "quantity", "relation", "predicted", "tolerance", "relative_tolerance", "where")
RELATIONS = ("equals", "below", "above")
MAX_TOLERANCE = 1e6
MAX_CLAIMS = 2000  # with one for each group of those on a fit with ``by``


def read_claims(top, parameters, fits, frontier, shards, spectrum, predictions):
    """Claims in the order of the file and of the groups; ids are unique, every quantity and prediction is known."""
    listed = top.content.get("claims") or []
    if not isinstance(listed, list):
        top.refuse("claims", "must be a list of claims")
    _limit(top, len(listed))
    known = known_quantities(top, fits, frontier, shards, spectrum.measured)
    claims, ids = [], set()
    for number, content in enumerate(listed):
        block = Block(top.file, f"claims[{number}]", content)
        for claim in _claims(block, known, parameters, shards, predictions):
            if claim["id"] in ids:
                block.refuse("id", "each id once", claim["id"])
            ids.add(claim["id"])
            claims.append(claim)
        _limit(top, len(claims))
    return tuple(claims)


def _limit(top, number):
    if number > MAX_CLAIMS:
        top.refuse("claims", f"at most {MAX_CLAIMS} claims, one for each group", number)


def _claims(block, known, parameters, shards, predictions):
    """The claims that one of the file stands for."""
    block.only(KEYS)
    relation = block.choice("relation", RELATIONS)
    asked = read_quantity(block, known)
    predicted = read_prediction(block, predictions)
    if isinstance(predicted, str) and not asked.parameter.endswith("exponent"):
        block.refuse("predicted", "a number: predictions by name are exponents")
    named = {"id": block.text("id"), "statement": block.text("statement"), "quantity": block.content["quantity"]}
    tolerance = _tolerances(block, relation)

    def claim(told, points):
        value, outside, since = predicted, "", 0.0
        if isinstance(predicted, str):
            found = predictions.at(block, predicted, points())
            value, outside, since = found.value, "" if found.holds else found.range, found.since
        numbers = {"predicted": value, "outside": outside, "since": since, "tolerance": _smaller(*tolerance, value)}
        return told | {"relation": relation} | numbers

    if not asked.of.by:
        if block.content.get("where") is not None:
            block.refuse("where", "a quantity of a fit with `by`, whose groups it chooses among")
        return [claim(named, lambda: all_points(selected_points(block, shards, asked.of.where)))]
    found = []
    for group, points in _chosen(block, asked, parameters, shards).items():
        values = asked.of.groups[group]
        told = {"id": f"{named['id']}.{group}", "statement": f"{named['statement']}, {in_words(values)}"}
        found.append(claim(told | {"quantity": asked.named(group)}, lambda points=points: points))
    return found


def _chosen(block, asked, parameters, shards):
    """Group -> its points, of the groups that the claim is on: those of its kind that have the values of ``where``."""
    block.block("where").only(asked.of.by)
    chosen = read_where(block.block("where"), parameters, time_grid=None)
    where = asked.of.where | chosen | ({"kind": asked.kind} if asked.kind else {})
    groups = group_points(selected_points(block, shards, where), asked.of.by)
    found = {name: all_points(group) for name, group in groups.items() if name in asked.of.groups}
    if not found:
        block.refuse("where", "matches no group of the fit")
    return found


def _tolerances(block, relation):
    """(tolerance, relative tolerance or None); only an equality needs, and may have both."""
    if relation == "equals":
        tolerance = block.number("tolerance", low=0, high=MAX_TOLERANCE, above=0)
        return tolerance, block.number("relative_tolerance", None, high=MAX_TOLERANCE, above=0)
    if "relative_tolerance" in block.content:
        block.refuse("relative_tolerance", "the relation equals, which alone has a tolerance")
    return block.number("tolerance", low=0, high=MAX_TOLERANCE) if "tolerance" in block.content else 0.0, None


def _smaller(tolerance, relative, predicted):
    """The tolerance, or ``relative`` of the prediction where that is less; of zero there is no share."""
    return tolerance if relative is None or predicted == 0 else min(tolerance, relative * abs(predicted))
