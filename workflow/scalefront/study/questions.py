"""What a study asks of its curves: fits, a frontier, claims."""

import math
import re

from scalefront.study.block import Block, is_number
from scalefront.study.spectrum import read_window
from scalefront.study.where import all_points, read_where, selected_points

LAWS = {"power": ("exponent", "prefactor"), "relative_difference": ("relative_difference",)}
LOSSES = ("test_loss", "train_loss")
FIT_KEYS = {
    "power": {"of", "against", "where", "law", "window", "predicted"},
    "relative_difference": {"of", "where", "law"},
}
METHODS = ("envelope",)
FRONTIER_PARAMETERS = ("size_exponent", "time_exponent", "loss_exponent")
MEASURED = ("spectrum.capacity", "spectrum.source")
RELATIONS = ("equals", "below", "above")
FIT_NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED_FITS = ("frontier", "spectrum")
MIN_VALUES = 5
MAX_TOLERANCE = 1e6


class Predictions:
    """A model's predictions by name, evaluated at the points that a fit selects."""

    def __init__(self, exponents):
        self.exponents = exponents
        self.names = tuple(exponents.predictions(2.0, 0.5))

    def at(self, block, name, points):
        """The prediction ``name`` for ``points``, which must share one spectrum."""
        spectra = {(point.parameters["capacity"], point.parameters["source"]) for point in points}
        if len(spectra) != 1 or None in next(iter(spectra)):
            block.refuse("predicted", "a number: the curves share no power-law spectrum from which to predict", name)
        return self.exponents.predictions(*spectra.pop())[name]


def read_fits(top, parameters, shards, time, predictions):
    """name -> fit with defaults filled in; every selection is known to match curves of the study."""
    outer = top.block("fits")
    for name in outer.content:
        if not isinstance(name, str) or not FIT_NAME.fullmatch(name) or name in RESERVED_FITS:
            reserved = ", ".join(RESERVED_FITS)
            outer.refuse(name, f"the name of a fit matches {FIT_NAME.pattern} and is none of: {reserved}")
    return {name: _fit(block, parameters, shards, time, predictions) for name, block in top.items("fits")}


def read_frontier(top, parameters, shards, predictions):
    """The frontier with defaults filled in and the model's own predictions for it, or None."""
    if top.content.get("frontier") is None:
        return None
    block = top.block("frontier")
    block.only({"size", "compute", "methods", "where"})
    numbers = [word for word, parameter in parameters.items() if not parameter.choices]
    size = block.choice("size", numbers)
    compute = block.names("compute", (*numbers, "time"))
    if size not in compute or "time" not in compute:
        block.refuse("compute", f"a product that holds time and the size, e.g. [{size}, time]")
    where = read_where(block.block("where"), parameters, time_grid=None)
    selected = selected_points(block, shards, where)
    for kind, points in selected.items():
        _only_differ_in(block, points, size, kind)
    points = all_points(selected)
    named = predictions.exponents.frontier_predictions(size, tuple(compute), points[0].parameters)
    return {
        "size": size,
        "compute": list(compute),
        "where": where,
        "methods": block.names("methods", METHODS, METHODS, empty=False),
        "predicted": {parameter: predictions.at(block, name, points).value for parameter, name in named.items()},
    }


def read_claims(top, fits, frontier, shards, spectrum, predictions):
    """Claims in the order of the file; ids are unique and every quantity and prediction is known."""
    listed = top.content.get("claims") or []
    if not isinstance(listed, list):
        top.refuse("claims", "must be a list of claims")
    known = _quantities(fits, frontier, shards)
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


def _fit(block, parameters, shards, time, predictions):
    law = block.choice("law", tuple(LAWS), "power")
    block.only(FIT_KEYS[law])
    of = block.choice("of", LOSSES)
    where = read_where(block.block("where"), parameters, time)
    if law == "relative_difference":
        _need_both_kinds(block, shards, where)
        return {"of": of, "law": law, "where": where, "against": None, "window": None, "predicted": None}
    numbers = [word for word, parameter in parameters.items() if not parameter.choices]
    against = block.choice("against", ("time", *numbers))
    selected = selected_points(block, shards, where)
    for kind, points in selected.items():
        _only_differ_in(block, points, against, kind)
        values = {point.parameters[against] for point in points} if against != "time" else time
        if sum(math.isfinite(value) for value in values) < MIN_VALUES:
            block.refuse("against", f"at least {MIN_VALUES} finite values of it among the {kind} curves", against)
    if against != "time" and "time" not in where:
        block.block("where").refuse(
            "time", "missing: a fit against a parameter needs the time at which it is made", None
        )
    if against == "time" and "time" in where:
        block.block("where").refuse("time", "not allowed in a fit against time")
    predicted = _prediction(block, predictions, optional=True)
    if isinstance(predicted, str):
        predicted = predictions.at(block, predicted, all_points(selected)).value
    return {
        "of": of,
        "against": against,
        "where": where,
        "law": law,
        "window": read_window(block),
        "predicted": predicted,
    }


def _only_differ_in(block, points, word, kind):
    rest = [{name: value for name, value in point.parameters.items() if name != word} for point in points]
    for other in rest[1:]:
        differing = [name for name in other if other[name] != rest[0][name]]
        if differing:
            block.refuse("where", f"must also fix {', '.join(differing)}: several {kind} curves match")


def _need_both_kinds(block, shards, where):
    found = {kind: {p.digest for p in points} for kind, points in selected_points(block, shards, where).items()}
    if not found.get("simulation", set()) & found.get("theory", set()):
        block.refuse("where", "matches no point that has both simulation and theory")


def _prediction(block, predictions, optional=False):
    value = block.content.get("predicted")
    if value is None and optional:
        return None
    if isinstance(value, str) and value in predictions.names:
        return value
    if is_number(value) and math.isfinite(value):
        return float(value)
    return block.refuse("predicted", "a number or one of: " + ", ".join(predictions.names))


def _quantities(fits, frontier, shards):
    """Every "<fit>.<parameter>" that a claim can name, and "...:<kind>" for each kind that the fit is made for."""
    asked = [(name, fit, LAWS[fit["law"]]) for name, fit in fits.items()]
    asked += [(f"frontier.{method}", frontier, FRONTIER_PARAMETERS) for method in (frontier or {}).get("methods", ())]
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
    predicted, outside = _prediction(block, predictions), ""
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
