"""Parameters of the feature-learning model (theory/feature_learning.md 0 and 1)."""

import math

from scalefront.parameter import Parameter, check_optimizer_words, check_steps

# optimizer -> the words that it has beside those of the model; the first two are continuous in time
OPTIMIZERS = {
    "gradient_flow": (),
    "sgd_flow": ("learning_rate", "batch"),
    "gradient_descent": ("learning_rate",),
    "sgd": ("learning_rate", "batch"),
}
FLOWS = ("gradient_flow", "sgd_flow")

PARAMETERS = (
    Parameter("capacity", low=1, low_open=True, high=100, block="spectrum"),
    Parameter("source", low=0, low_open=True, high=100, block="spectrum"),
    Parameter("modes", low=1, high=1e15, integer=True, block="spectrum"),
    Parameter("width", low=1, high=1e15, integer=True, infinite=True),
    Parameter("samples", low=1, high=1e15, integer=True, infinite=True),
    Parameter("richness", default=1.0, low=0, high=1e6),
    Parameter("architecture", default="projected", choices=("projected", "pure")),
    Parameter("depth", default=1.0, low=1, high=64, integer=True),
    Parameter("label_noise", default=0.0, low=0, high=1e6, block="dynamics"),
    Parameter("optimizer", default="gradient_flow", choices=tuple(OPTIMIZERS), block="dynamics"),
    Parameter("learning_rate", default=None, low=0, low_open=True, high=1e6, block="dynamics"),
    Parameter("batch", default=None, low=1, high=1e9, integer=True, block="dynamics"),
)

SIMULATED_BYTES = 8e9
LARGEST_EXPONENT = 300  # decades of a sum over modes of 1/eigenvalue or 1/task power
RESOLVED_DECADES = 12  # of eigenvalues that one eigendecomposition resolves
EVERY_MODE = 128  # up to so many modes stand alone in the solvers that are cubic in time, not grouped
EVERY_MODE_ALONE = 1e5  # the same where nothing limits but the modes
MOST_STEPS = 1e6  # of one simulated run, which takes them one by one
MOST_THEORY_STEPS = 1500  # of a run in theory, whose work grows as their cube and whose memory as their square


def check(point, kind, stop=0.0):
    """Yield (word, what is allowed) for each way in which ``point`` cannot be.

    Parameters
    ----------
    point : word -> value
    kind : "simulation" or "theory"
    stop : last finite time of its curve
    """
    if point["capacity"] is None or point["spectrum"] == "white":
        yield "spectrum", "a power law: the model has no other"
        return
    yield from _check_optimizer(point, kind, stop)
    yield from _check_network(point, kind)
    modes, width, capacity = point["modes"], point["width"], point["capacity"]
    if math.isfinite(width) and width > modes:
        yield "width", f"at most modes = {modes:g}, or .inf"
    if (1 + capacity * max(1, point["source"])) * math.log10(modes) > LARGEST_EXPONENT:
        yield "capacity", f"smaller: {modes:g} modes leave the range of double precision"
    if kind != "simulation":
        return
    features = point["modes"] if math.isinf(width) or point["architecture"] == "pure" else width
    decomposed = min(features, point["samples"]) if point["optimizer"] == "gradient_flow" else 1
    if math.isfinite(width) and capacity * math.log10(decomposed) > RESOLVED_DECADES:
        yield "capacity", f"smaller, or fewer features: {decomposed:g}^-capacity is beyond double precision"
    needed = draw_bytes(point)
    if needed > SIMULATED_BYTES:
        sizes = {word: point[word] for word in ("samples", "width") if math.isfinite(point[word])}
        largest = max(sizes, key=sizes.get, default="modes")
        yield largest, f"smaller: one draw takes {needed:.1e} bytes, at most {SIMULATED_BYTES:.0e} are allowed"


def check_order_parameters(point):
    """Yield (word, what is allowed) for each way in which there are no order parameters of ``point``."""
    if point["depth"] != 1:
        yield "depth", "1, where there is a mean-field theory of finite width"
    if stepped(point) and _by_recursion(point):
        yield "richness", "> 0, or a finite size: lazy steps at infinite width have nothing to correlate"


def _check_optimizer(point, kind, stop):
    optimizer, samples, batch = point["optimizer"], point["samples"], point["batch"]
    yield from check_optimizer_words(point, OPTIMIZERS)
    if optimizer == "sgd_flow":
        if kind == "simulation":
            yield "optimizer", "sgd, whose steps can be simulated: sgd_flow is its limit of small steps, in theory"
        if math.isfinite(samples):
            yield "samples", ".inf with optimizer sgd_flow: the noise of fresh samples"
    if batch is not None and math.isfinite(samples) and batch > samples:
        yield "batch", f"at most samples = {samples:g}: a batch holds distinct samples"
    if not stepped(point) or point["learning_rate"] is None:
        return
    most = MOST_STEPS if kind == "simulation" else math.inf if _by_recursion(point) else MOST_THEORY_STEPS
    yield from check_steps(stop, point["learning_rate"], most)


def _check_network(point, kind):
    endless = math.isinf(point["width"])
    flows = kind == "simulation" and point["optimizer"] == "gradient_flow"
    if point["architecture"] == "pure" and point["richness"] > 0 and flows and not endless:
        yield "optimizer", "one that takes steps: the flow of a pure network of finite width has no smaller form"
    if point["depth"] == 1 or kind == "simulation":
        return
    if point["optimizer"] != "gradient_flow" or not endless or math.isfinite(point["samples"]):
        yield "depth", "1 in theory, but for gradient_flow at infinite width and samples"


def stepped(point):
    """Whether the optimizer of ``point`` takes steps, which have a stability limit."""
    return point["optimizer"] not in FLOWS


def _by_recursion(point):
    """Whether theory needs the last step alone to go on: lazy, at infinite width, on fresh samples."""
    return point["richness"] == 0 and math.isinf(point["width"]) and math.isinf(point["samples"])


def draw_bytes(point):
    """Bytes that one simulated draw takes: the projection, the layers, the samples, their decomposition."""
    width, modes, samples = point["width"], point["modes"], point["samples"]
    size = min(width, modes)
    seen = modes if point["architecture"] == "pure" or math.isinf(width) else size
    rows = 0 if math.isinf(samples) else samples
    layers = 0 if point["optimizer"] == "gradient_flow" else size * seen + (point["depth"] - 1) * size**2
    gram = seen**2 if rows or math.isfinite(width) else 0
    return 8.0 * (3 * modes + 3 * layers + 3 * rows * seen + 4 * gram)
