"""The compute-optimal frontier of a study: which size, which compute, which budgets of data."""

import math

from scalefront.study.groups import each_differs_in, group_points, grouped, read_by
from scalefront.study.where import read_where, selected_points

METHODS = ("envelope",)
PARAMETERS = ("size_exponent", "time_exponent", "loss_exponent")
BUDGETS = ("samples",)
BUDGET_PARAMETERS = ("binding_exponent",)
MIN_SIZES = 3
MAX_GROUPS = 2000


def read_frontier(top, parameters, shards, predictions):
    """The frontier with defaults filled in and the model's own predictions for it, or None."""
    if top.content.get("frontier") is None:
        return None
    block = top.block("frontier")
    block.only({"size", "compute", "methods", "where", "budget", "by"})
    numbers = [word for word, parameter in parameters.items() if not parameter.choices]
    size = block.choice("size", numbers)
    compute = block.names("compute", (*numbers, "time"))
    if size not in compute or "time" not in compute:
        block.refuse("compute", f"a product that holds time and the size, e.g. [{size}, time]")
    budget = None if block.content.get("budget") is None else block.choice("budget", BUDGETS)
    if budget == size:
        block.refuse("budget", "another word than the size")
    by = read_by(block, parameters, {"size": size})
    if by and budget:
        block.refuse("by", "a frontier without budget")
    where = read_where(block.block("where"), parameters, time_grid=None)
    selected = selected_points(block, shards, where)
    groups = _groups(block, selected, by, size, budget, compute)
    if budget and not budgets(selected, size, budget):
        block.refuse("budget", f"a finite number of {budget} with {MIN_SIZES} finite values of {size}", budget)
    methods = block.names("methods", METHODS, METHODS, empty=False)
    told = {"size": size, "compute": list(compute), "budget": budget, "where": where, "methods": methods}
    return told | grouped(by, groups, lambda points: _predicted(block, told, points, predictions))


def _groups(block, selected, by, size, budget, compute):
    """The groups of curves that a frontier is made for; of those ``by`` words the ones with MIN_SIZES finite sizes."""
    groups = group_points(selected, by)
    each_differs_in(block, groups, {size, budget})
    for group in groups.values():
        for kind, points in group.items():
            for word in compute:
                if word != "time" and points[0].parameters[word] is None:
                    block.refuse("compute", f"words that the {kind} curves have: they are without {word}")
    if not by:
        return groups
    kept = {name: group for name, group in groups.items() if any(_enough(of, size) for of in group.values())}
    if not kept:
        block.refuse("by", f"words of which some values have {MIN_SIZES} finite values of {size}")
    if len(kept) > MAX_GROUPS:
        block.refuse("by", f"words with at most {MAX_GROUPS} groups", len(kept))
    return kept


def _enough(points, size):
    """Whether there are MIN_SIZES finite sizes among ``points``."""
    found = {point.parameters[size] for point in points} - {None}
    return sum(map(math.isfinite, found)) >= MIN_SIZES


def _predicted(block, frontier, points, predictions):
    """Parameter -> predicted number, with a budget where it does not bind yet."""
    size, compute, budget = frontier["size"], tuple(frontier["compute"]), frontier["budget"] is not None
    named = predictions.exponents.frontier_predictions(size, compute, points[0].parameters, budget)
    return {parameter: predictions.at(block, name, points).value for parameter, name in named.items()}


def budgets(selected, size, budget):
    """The finite values of ``budget``, ascending, at which one kind of points has MIN_SIZES finite sizes."""
    sizes = {}
    for kind, points in selected.items():
        for value, of in ((point.parameters[budget], point.parameters[size]) for point in points):
            if math.isfinite(value) and math.isfinite(of):
                sizes.setdefault((value, kind), set()).add(of)
    return sorted({value for (value, _), found in sizes.items() if len(found) >= MIN_SIZES})


def frontier_fits(block, frontier, shards):
    """Fit -> its parameters, of every fit that the frontier of a study makes, those of all groups as one."""
    if not frontier:
        return {}
    budget, found = frontier["budget"], {}
    selected = selected_points(block, shards, frontier["where"])
    values = budgets(selected, frontier["size"], budget) if budget else []
    for method in frontier["methods"]:
        name = f"frontier.{method}"
        found[name] = PARAMETERS + (BUDGET_PARAMETERS if budget else ())
        found |= {f"{name}.{budget}-{value:.0f}": PARAMETERS for value in values}
    return found
