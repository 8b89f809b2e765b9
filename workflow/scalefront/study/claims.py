"""The claims of a study: each a measured quantity, a relation and a prediction."""

from scalefront.study.block import Block
from scalefront.study.fits import LAWS
from scalefront.study.frontier import frontier_quantities
from scalefront.study.predictions import read_prediction
from scalefront.study.where import all_points, selected_points

MEASURED = ("spectrum.capacity", "spectrum.source")
RELATIONS = ("equals", "below", "above")
MAX_TOLERANCE = 1e6
MAX_CLAIMS = 500


def read_claims(top, fits, frontier, shards, spectrum, predictions):
    """Claims in the order of the file; ids are unique and every quantity and prediction is known."""
    listed = top.content.get("claims") or []
    if not isinstance(listed, list):
        top.refuse("claims", "must be a list of claims")
    if len(listed) > MAX_CLAIMS:
        top.refuse("claims", f"at most {MAX_CLAIMS} claims", len(listed))
    known = _quantities(top, fits, frontier, shards)
    if spectrum.measured:
        known |= set(MEASURED)
    selections = {name: fit["where"] for name, fit in fits.items()} | {"frontier": (frontier or {}).get("where")}
    blocks = [Block(top.file, f"claims[{number}]", claim) for number, claim in enumerate(listed)]
    claims = [_claim(block, known, selections, shards, predictions) for block in blocks]
    ids = [claim["id"] for claim in claims]
    for number, name in enumerate(ids):
        if name in ids[:number]:
            Block(top.file, f"claims[{number}]", {"id": name}).refuse("id", "each id once")
    return tuple(claims)


def _quantities(top, fits, frontier, shards):
    """Every "<fit>.<parameter>" that a claim can name, and "...:<kind>" for each kind that the fit is made for."""
    asked = [(name, fit, LAWS[fit["law"]]) for name, fit in fits.items()]
    asked += [(name, frontier, parameters) for name, parameters in frontier_quantities(top, frontier, shards)]
    known = set()
    for name, asking, parameters in asked:
        kinds = [asking["where"]["kind"]] if "kind" in asking["where"] else list(shards)
        if asking.get("law") == "relative_difference":
            kinds = ["simulation"]
        for parameter in parameters:
            known |= {f"{name}.{parameter}", *(f"{name}.{parameter}:{kind}" for kind in kinds)}
    return known


def _claim(block, known, selections, shards, predictions):
    block.only({"id", "statement", "quantity", "relation", "predicted", "tolerance"})
    relation = block.choice("relation", RELATIONS)
    quantity = block.text("quantity")
    if quantity not in known:
        block.refuse("quantity", "one of: " + ", ".join(sorted(known)))
    predicted, outside = read_prediction(block, predictions), ""
    if isinstance(predicted, str):
        if not quantity.partition(":")[0].endswith("exponent"):
            block.refuse("predicted", "a number: predictions by name are exponents")
        where = selections.get(quantity.split(".")[0]) or {}
        found = predictions.at(block, predicted, all_points(selected_points(block, shards, where)))
        predicted, outside = found.value, "" if found.holds else found.range
    return {
        "id": block.text("id"),
        "statement": block.text("statement"),
        "quantity": quantity,
        "relation": relation,
        "predicted": predicted,
        "outside": outside,
        "tolerance": _tolerance(block, relation),
    }


def _tolerance(block, relation):
    if relation != "equals" and "tolerance" not in block.content:
        return 0.0
    return block.number("tolerance", low=0, high=MAX_TOLERANCE, above=0 if relation == "equals" else None)
