"""Parameters of the lazy random-feature model (theory/dynamical_model.md 0 and 1)."""

import math
from typing import NamedTuple

from scalefront.parameter import Parameter, check_optimizer_words, check_steps

# optimizer -> the words that it has beside those of the model; gradient_flow and momentum_flow are continuous in time
OPTIMIZERS = {
    "gradient_flow": (),
    "momentum_flow": ("inertia",),
    "gradient_descent": ("learning_rate",),
    "momentum": ("learning_rate", "momentum"),
    "sgd": ("learning_rate", "batch"),
}

PARAMETERS = (
    Parameter("capacity", low=1, low_open=True, high=100, block="spectrum"),
    Parameter("source", low=0, low_open=True, high=100, block="spectrum"),
    Parameter("modes", low=1, high=1e15, integer=True, block="spectrum"),
    Parameter("width", low=1, high=1e15, integer=True, infinite=True),
    Parameter("samples", low=1, high=1e15, integer=True, infinite=True),
    Parameter("label_noise", default=0.0, low=0, high=1e6, block="dynamics"),
    Parameter("ensemble", default=1.0, low=1, high=1e6, integer=True, infinite=True),
    Parameter("bags", default=1.0, low=1, high=1e6, integer=True, infinite=True),
    Parameter("optimizer", default="gradient_flow", choices=tuple(OPTIMIZERS), block="dynamics"),
    Parameter("learning_rate", default=None, low=0, low_open=True, high=1e6, block="dynamics"),
    Parameter("momentum", default=None, low=0, high=1, high_open=True, block="dynamics"),
    Parameter("inertia", default=None, low=0, low_open=True, high=1e6, block="dynamics"),
    Parameter("batch", default=None, low=1, high=1e9, integer=True, block="dynamics"),
)

SIMULATED_BYTES = 8e9
LARGEST_EXPONENT = 300  # decades of a sum over modes of 1/eigenvalue or 1/task power
RESOLVED_DECADES = 12  # of eigenvalues that one eigendecomposition resolves
ROWS_PER_WISHART = 8  # samples a dimension beyond which a Wishart draw saves more than its compilation costs
MOST_STEPS = 1e7  # of one simulated run, which takes them one by one
MOST_THEORY_STEPS = 1e6  # of sgd over a fixed training set in theory, which needs the loss at all of them


def check(point, kind, stop=0.0):
    """Yield (word, what is allowed) for each way in which ``point`` cannot be.

    Parameters
    ----------
    point : word -> value
    kind : "simulation" or "theory"
    stop : last finite time of its curve
    """
    yield from _check_optimizer(point, kind, stop)
    yield from _check_ensemble(point, kind)
    modes, width = point["modes"], point["width"]
    if modes is None:
        return
    if math.isfinite(width) and width > modes:
        yield "width", f"at most modes = {modes:g}, or .inf"
    capacity, source = point["capacity"], point["source"]
    if capacity is not None and (1 + capacity * max(1, source)) * math.log10(modes) > LARGEST_EXPONENT:
        yield "capacity", f"smaller: {modes:g} modes leave the range of double precision"
    sizes = min(width, point["samples"])
    rank = 1 if math.isinf(sizes) else min(sizes, modes)  # without a bottleneck the modes decay each on its own
    if kind == "simulation" and capacity is not None and capacity * math.log10(rank) > RESOLVED_DECADES:
        yield "capacity", f"smaller, or fewer features or samples: {rank:g}^-capacity is beyond double precision"
    needed = draw_bytes(point)
    if kind == "simulation" and needed > SIMULATED_BYTES:
        sizes = {word: point[word] for word in ("samples", "width", "ensemble") if math.isfinite(point[word])}
        largest = max(sizes, key=sizes.get, default="modes")
        yield largest, f"smaller: one draw takes {needed:.1e} bytes, at most {SIMULATED_BYTES:.0e} are allowed"


def check_order_parameters(point):
    """Yield (word, what is allowed) for each way in which there are no order parameters of ``point``."""
    if point["optimizer"] == "sgd":
        yield "optimizer", "a full-batch one: sgd has no order parameters here"
    for word in ("ensemble", "bags"):
        if point[word] != 1:
            yield word, "1: order parameters are those of one student"


def _check_optimizer(point, kind, stop):
    optimizer, samples, batch = point["optimizer"], point["samples"], point["batch"]
    yield from check_optimizer_words(point, OPTIMIZERS)
    if optimizer != "sgd" or None in (point["learning_rate"], batch):
        return
    if math.isfinite(samples) and batch > samples:
        yield "batch", f"at most samples = {samples:g}: a batch holds distinct samples"
    if math.isinf(samples) and str(point["spectrum"]).startswith("data") and kind == "simulation":
        yield "samples", "finite: sgd on real rows has no fresh ones"
    most = MOST_STEPS if kind == "simulation" else MOST_THEORY_STEPS if math.isfinite(samples) else math.inf
    yield from check_steps(stop, point["learning_rate"], most)


def _check_ensemble(point, kind):
    for word, size in (("ensemble", "width"), ("bags", "samples")):
        if point[word] == 1:
            continue
        if point["optimizer"] == "sgd":
            yield word, "1 with optimizer sgd: ensembles are of full-batch methods"
        if math.isinf(point[size]):
            yield word, f"1 where {size} is infinite: there is only one draw of it"
        if math.isinf(point[word]) and kind == "simulation":
            yield word, "finite"


class DrawSizes(NamedTuple):
    """Sizes of one simulated draw: features of all members, rows of samples (0: the population), rank of a member."""

    features: float
    rows: float
    rank: float


def draw_sizes(point):
    """DrawSizes of a point whose modes are known.

    A finite width lives in N dimensions after one pass over the M modes (an ensemble of E in E N), an infinite one in M
    dimensions; Gaussian samples beyond ROWS_PER_WISHART times the dimensions act through a triangle of as many rows as
    there are dimensions (theory/dynamical_model.md 2.6, "full batch in N dimensions", and 3).
    """
    width, samples = point["width"], point["samples"]
    size = min(width, point["modes"])
    features = point["ensemble"] * size
    if math.isinf(samples):
        return DrawSizes(features, 0, 0 if math.isinf(width) else size)
    gaussian = not str(point["spectrum"]).startswith("data") and point["optimizer"] != "sgd"
    rows = min(samples, ROWS_PER_WISHART * (features + 1)) if gaussian else samples
    return DrawSizes(features, rows, min(size, rows))


def draw_bytes(point):
    """Bytes that one simulated draw takes: the projection, the samples, the Gram matrix and its decomposition."""
    features, rows, rank = draw_sizes(point)
    square = features**2 if math.isfinite(point["width"]) else 0
    return 8.0 * (3 * point["modes"] + 3 * rows * features + 4 * square + 4 * rank**2)


def stepped(point):
    """Whether the optimizer of ``point`` takes steps, which have a stability limit."""
    return point["learning_rate"] is not None
