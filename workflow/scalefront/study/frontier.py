"""The compute-optimal frontier of a study: which size, which compute, which budgets of data."""

import math

from scalefront.study.where import all_points, only_differ_in, read_where, selected_points

METHODS = ("envelope",)
PARAMETERS = ("size_exponent", "time_exponent", "loss_exponent")
BUDGETS = ("samples",)
BUDGET_PARAMETERS = ("binding_exponent",)
MIN_SIZES = 3


def read_frontier(top, parameters, shards, predictions):
    """The frontier with defaults filled in and the model's own predictions for it, or None."""
    if top.content.get("frontier") is None:
        return None
    block = top.block("frontier")
    block.only({"size", "compute", "methods", "where", "budget"})
    numbers = [word for word, parameter in parameters.items() if not parameter.choices]
    size = block.choice("size", numbers)
    compute = block.names("compute", (*numbers, "time"))
    if size not in compute or "time" not in compute:
        block.refuse("compute", f"a product that holds time and the size, e.g. [{size}, time]")
    budget = None if block.content.get("budget") is None else block.choice("budget", BUDGETS)
    if budget == size:
        block.refuse("budget", "another word than the size")
    where = read_where(block.block("where"), parameters, time_grid=None)
    selected = selected_points(block, shards, where)
    for kind, points in selected.items():
        only_differ_in(block, points, {size, budget}, kind)
        for word in compute:
            if word != "time" and points[0].parameters[word] is None:
                block.refuse("compute", f"words that the {kind} curves have: they are without {word}")
    if budget and not budgets(selected, size, budget):
        block.refuse("budget", f"a finite number of {budget} with {MIN_SIZES} finite values of {size}", budget)
    methods = block.names("methods", METHODS, METHODS, empty=False)
    told = {"size": size, "compute": list(compute), "budget": budget, "where": where, "methods": methods}
    return told | {"predicted": _predicted(block, told, all_points(selected), predictions)}


def _predicted(block, frontier, points, predictions):
    """Parameter -> predicted number; a budget is as good as infinite where it does not bind."""
    free = points[0].parameters | ({frontier["budget"]: math.inf} if frontier["budget"] else {})
    named = predictions.exponents.frontier_predictions(frontier["size"], tuple(frontier["compute"]), free)
    return {parameter: predictions.at(block, name, points).value for parameter, name in named.items()}


def budgets(selected, size, budget):
    """The finite values of ``budget``, ascending, at which one kind of points has MIN_SIZES finite sizes."""
    sizes = {}
    for kind, points in selected.items():
        for value, of in ((point.parameters[budget], point.parameters[size]) for point in points):
            if math.isfinite(value) and math.isfinite(of):
                sizes.setdefault((value, kind), set()).add(of)
    return sorted({value for (value, _), found in sizes.items() if len(found) >= MIN_SIZES})


def frontier_quantities(block, frontier, shards):
    """(fit, its parameters) of every fit that the frontier of a study makes."""
    if not frontier:
        return []
    budget, found = frontier["budget"], []
    selected = selected_points(block, shards, frontier["where"])
    values = budgets(selected, frontier["size"], budget) if budget else []
    for method in frontier["methods"]:
        name = f"frontier.{method}"
        found.append((name, PARAMETERS + (BUDGET_PARAMETERS if budget else ())))
        found += [(f"{name}.{budget}-{value:.0f}", PARAMETERS) for value in values]
    return found
