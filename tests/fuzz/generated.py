"""Studies made from what the models and readers declare; about a third of them are right."""

from hypothesis import strategies as st
from scalefront.figures import FIGURES

from tests.fuzz.plain import emit
from tests.fuzz.values import INF, OPTIMIZERS, PARAMETERS, PREDICTIONS, extremes, junk, texts, words

WIDTHS, SAMPLES = (4, 8, 16, 32, 64, INF), (10, 100, 1000, INF)
FITS = ("slope", "early", "agreement", "peak", "crossover", "frontier", "a" * 100, "A", "")
GROUPS = ("frontier.envelope.samples-100", "frontier.envelope.samples-inf")
PATHS = ("rows.npz", "spectrum.csv", "rows.csv", "no.npz", "../rows.npz", "damaged.npz", "bundled:digits", ".")


def rarely(value, other, one_in=60):
    """``value``, and once in a while ``other``."""
    return st.integers(1, one_in).flatmap(lambda number: other if number == one_in else value)


def some(*values):
    return st.sampled_from(values)


def number(model, word):
    """A value of a word in the range that its model declares, or on an edge of it."""
    parameter = PARAMETERS[model][word]
    if parameter.choices:
        return some(*parameter.choices)
    low, high = max(parameter.low, -1e6), min(parameter.high, 1e6)
    inside = st.integers(int(low) + parameter.low_open, int(high)) if parameter.integer else st.floats(low, high)
    edges = [parameter.low, parameter.high, *([INF] if parameter.infinite else [])]
    return rarely(inside | some(*edges), extremes)


@st.composite
def spectra(draw, model):
    kinds = ["power_law"] * 8 + ["white", "table", "data"]
    kind = draw(some(*kinds) if model == "random_features" else rarely(st.just("power_law"), some(*kinds)))
    if kind in ("power_law", "white"):
        found = {"kind": kind, "modes": draw(rarely(some(64, 100, 200, 200, 200, 1e12), number(model, "modes")))}
        if kind == "power_law":
            found["capacity"] = draw(rarely(some(1.25, 1.5, 2.0), number(model, "capacity")))
            found["source"] = draw(rarely(some(0.4, 2 / 3, 1, 2, 1.6), number(model, "source")))
        return found
    right = {"table": ("spectrum.csv", "spectrum.csv", "rows.csv"), "data": ("rows.npz", "rows.csv", "bundled:digits")}
    found = {"kind": kind, "path": draw(rarely(some(*right[kind]), some(*PATHS) | texts, 10))}
    if kind == "data":
        target = some("parity", "half") if found["path"].startswith("bundled") else st.just("y")
        found["target"] = draw(rarely(target, texts | some("y", "half", "X"), 10))
    if draw(some(True, False)):
        found["window"] = draw(rarely(some("auto", [1, 10], [3.5, INF]), junk))
    return found


@st.composite
def dynamics(draw, model, given):
    """Words of one optimizer."""
    optimizer = draw(some("gradient_flow", *OPTIMIZERS[model]))
    found = {"optimizer": optimizer} | {
        word: draw(rarely(some(*RIGHT[word]), number(model, word))) for word in OPTIMIZERS[model][optimizer]
    }
    if draw(some(True, False)):
        found["label_noise"] = draw(rarely(some(0, 0.3, -0.0), number(model, "label_noise")))
    return found if given else {word: draw(st.just(value) | st.just([value])) for word, value in found.items()}


SHARED = {
    "modes": some(100, [100, 200]), "capacity": some(1.5, [1.25, 1.5]), "source": some(0.5),
    "label_noise": some([0, 0.5], {"start": 5e-324, "stop": 1, "points": 5}),
}  # fmt: skip
MORE = {
    "random_features": SHARED | {"ensemble": some(1, 4), "bags": some(1, [1, 4])},
    "feature_learning": SHARED
    | {
        "richness": some(0, 1, [0, 1], [0.1, 1, 10]),
        "architecture": some("projected", "pure", ["projected", "pure"]),
        "depth": some(1, 2, [1, 2, 4]),
    },
}
RIGHT = {"learning_rate": (0.1, 0.5, 1.9), "momentum": (0.5, 0.9), "inertia": (0.5, 2), "batch": (1, 4, 10)}


@st.composite
def times(draw):
    if draw(st.integers(0, 4)) == 0:
        return {"values": draw(rarely(some([0, 1, 10.0], [1, 2, 4, 8, 16, 32], [0.0]), st.lists(extremes, max_size=6)))}
    found = {"start": draw(rarely(some(0.1, 1, 10), extremes)), "stop": draw(rarely(some(100, 1e5, 1e300), extremes))}
    found["points"] = draw(rarely(some(2, 7, 61), extremes))
    if draw(some(True, False)):
        found["spacing"] = draw(rarely(some("log", "linear"), texts))
    if draw(some(True, False)):
        found["limit"] = draw(rarely(some(True, False), junk))
    return found


@st.composite
def grids(draw, model):
    found = {}
    if draw(some(True, False)):
        found["curves"] = draw(rarely(some("theory", ["theory"], ["simulation"], ["simulation", "theory"]), junk))
    ranges = {"width": {"start": 4, "stop": 64, "points": 6}, "samples": {"start": 10, "stop": 1e4, "points": 12}}
    for word, values in (("width", WIDTHS), ("samples", SAMPLES)):
        one, several = some(*values), st.lists(some(*values), min_size=1, max_size=6, unique=True)
        found[word] = draw(rarely(one | several | several | st.just(ranges[word]), junk))
    for word in draw(st.lists(some(*MORE[model]), max_size=1)):
        one = number(model, word)
        values = st.lists(one, min_size=1, max_size=3)
        spaced = st.builds(
            lambda start, stop, points: {"start": start, "stop": stop, "points": points}, one, one, st.integers(2, 30)
        )
        found[word] = draw(rarely(MORE[model][word], one | values | spaced, 4))
    if draw(some(True, False)):
        found["seeds"] = draw(rarely(some(1, 2, 10), extremes))
    if draw(some(True, False)):
        found["fan_out"] = draw(
            rarely(st.lists(some(*PARAMETERS[model]), max_size=4, unique=True), st.just([*PARAMETERS[model]]) | junk, 9)
        )
    if draw(st.integers(0, 5)) == 0:
        found |= draw(dynamics(model, given=False))
    return found


def held(sweep):
    """Values of width and samples that a sweep holds, and the kinds of curves."""
    grids = [grid for grid in (sweep if isinstance(sweep, list) else [sweep]) if isinstance(grid, dict)]
    found = {"kind": ["theory", "simulation"]}
    for word, others in (("width", WIDTHS), ("samples", SAMPLES)):
        given = [grid.get(word) for grid in grids]
        given = [one for values in given for one in (values if isinstance(values, list) else [values])]
        found[word] = [one for one in given if isinstance(one, int | float)] or list(others)
    return found


@st.composite
def conditions(draw, values, timed=True, often=4):
    found = {}
    for word in values:
        if draw(st.integers(0, 9)) < often:
            found[word] = draw(rarely(some(*values[word]), junk))
    if timed and draw(some(True, False)):
        found["time"] = draw(rarely(some(1, 10, 10.0, 100), junk | some(INF, "lowest"), 10))
    return found


@st.composite
def by_words(draw, model, where, along):
    """Words that ``where`` leaves free, and mostly all of them, so that every group is one curve."""
    free = [word for word in ("width", "samples") if isinstance(where, dict) and word not in where and word != along]
    words_of = some(*PARAMETERS[model])
    more = draw(st.lists(words_of, max_size=1)) if draw(st.integers(0, 3)) == 0 else []
    right = list(dict.fromkeys([*free, *more])) or ["source"]
    return draw(rarely(some(right, right, right[0]), st.lists(words | words_of, max_size=3) | junk, 12))


@st.composite
def fits(draw, model, values):
    found = {"of": draw(rarely(some("test_loss", "test_loss", "train_loss", "gap"), texts))}
    law = draw(rarely(some("power", "power", "relative_difference", "ratio", "onset"), texts))
    if law != "power" or draw(some(True, False)):
        found["law"] = law
    timed = law == "ratio" or (law == "power" and draw(some(True, False)))
    where = draw(rarely(conditions(values, timed, often=7), junk))
    found["where"] = where
    if law in ("power", "onset"):
        free = [word for word in ("width", "samples") if isinstance(where, dict) and word not in where]
        right = free if timed or law == "onset" else ["time"]
        found["against"] = draw(rarely(some(*(right or ["width"])), words))
        if draw(some(True, False, False)):
            found["predicted"] = draw(rarely(some(1.5, *PREDICTIONS), junk))
        if draw(some(True, False, False)) or law == "onset":
            found["excess_over"] = draw(rarely(some({"width": INF}, {"samples": INF}), conditions(values)))
        if draw(some(True, False, False)):
            found["window"] = draw(rarely(some("auto", [1, 100]), junk))
    if law != "relative_difference" and draw(some(True, False, False)):
        found["by"] = draw(by_words(model, where, found.get("against")))
    if law == "onset" or (law == "ratio" and draw(st.integers(0, 30)) == 0):
        found["threshold"] = draw(rarely(some(1, 0.1), extremes))
    if law == "ratio":
        found["to"] = draw(
            rarely(some({"width": INF}, {"samples": INF}, {"time": "lowest"}, {"time": 1}), conditions(values))
        )
    return found


@st.composite
def frontiers(draw, model, values):
    size = draw(rarely(some("width", "width", "samples"), words))
    found = {"size": size, "compute": draw(rarely(some([size, "time"], ["time", size]), st.lists(words, max_size=3)))}
    one = {"samples": draw(some(*values["samples"]))} if draw(some(True, False)) else {}
    found["where"] = draw(rarely(some(one, one, one | {"kind": "theory"}), conditions(values)))
    if draw(some(True, False)) != bool(one):
        found["budget"] = draw(rarely(some("samples", None), words))
    if draw(st.integers(0, 20 if found.get("budget") else 1)) == 0:
        found["by"] = draw(by_words(model, found["where"], size))
    if draw(some(True, False)):
        found["methods"] = draw(rarely(some("envelope", ["envelope"]), junk))
    return found


@st.composite
def claims(draw, names, values):
    quantity = st.builds(
        "{}.{}{}".format,
        some(*names, "frontier.envelope", *GROUPS, "spectrum", *(f"{name}.width-8" for name in names)),
        some("exponent", "prefactor", "ratio", "size_exponent", "relative_difference", "capacity"),
        some("", "", ":theory"),
    )  # fmt: skip
    relation = draw(rarely(some("equals", "below", "above"), texts))
    found = {"id": draw(rarely(some("one", "two", "three"), texts)), "statement": "s", "relation": relation}
    found |= {"quantity": draw(quantity), "predicted": draw(rarely(some(1.0, -0.4, *PREDICTIONS), junk))}
    if relation == "equals" or draw(st.integers(0, 5)) == 0:
        found["tolerance"] = draw(rarely(some(0.02, 1), extremes))
    if draw(st.integers(0, 3 if relation == "equals" else 20)) == 0:
        found["relative_tolerance"] = draw(rarely(some(0.05, 1), extremes))
    if draw(st.integers(0, 9)) == 0:
        found["where"] = draw(rarely(conditions(values, timed=False), junk))
    return found


@st.composite
def generated(draw, model):
    """YAML of a study of a model."""
    found = {"title": draw(rarely(st.just("A study"), texts)), "model": model}
    found |= {"spectrum": draw(spectra(model)), "time": draw(times())}
    found["sweep"] = draw(rarely(grids(model) | st.lists(grids(model), min_size=1, max_size=3), junk))
    if draw(st.integers(0, 2)) == 0:
        found["dynamics"] = draw(rarely(dynamics(model, given=True), junk))
    for key, value in (("seed", some(0, 7)), ("seeds", some(1, 5)), ("paper", some("arXiv:2402.01092"))):
        if draw(st.integers(0, 2)) == 0:
            found[key] = draw(rarely(value, junk))
    values = held(found["sweep"])
    names = draw(st.lists(rarely(some(*FITS[:5]), some(*FITS)), max_size=2, unique=True))
    if names:
        found["fits"] = {name: draw(fits(model, values)) for name in names}
    if draw(st.integers(0, 2)) == 0:
        found["frontier"] = draw(rarely(frontiers(model, values), junk))
    if (names or "frontier" in found) and draw(some(True, False)):
        found["claims"] = draw(st.lists(claims(names, values), max_size=2))
    if draw(st.integers(0, 5)) == 0:
        asked = {
            "where": draw(conditions({word: values[word] for word in ("width", "samples")}, timed=False)),
            "index": draw(rarely(some([1], [1, 10, 64]), junk)),
        }
        found["order_parameters"] = asked
    if draw(some(True, False)):
        found["figures"] = draw(rarely(st.lists(some(*FIGURES), max_size=3, unique=True), junk))
    return emit(found)
