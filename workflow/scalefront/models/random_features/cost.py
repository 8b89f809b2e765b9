"""What jobs of the lazy random-feature model cost; the figures behind it are those of docs/cluster.md.

Three kinds of work, as they run at different speeds: floating-point operations of dense algebra, "numbers" that are
drawn or evaluated one at a time (a random number, an exponential, a node of a sum over groups), compiled programs.
"""

import math

from scalefront.models.random_features.parameters import draw_bytes, draw_sizes

EIGEN = 10  # operations of a symmetric eigendecomposition over n^3

# in numbers: a step of a loop of sgd, and of every seed in it; a swap of the shuffle of a batch; reading stored samples
STEP, SEED_STEP, SWAP, READ = 300, 250, 7, 1 / 16

# theory: one time of one point is 24 nodes with a sum over the groups of modes on each
TIME, GROUPS, EVERY_MODE = 15_000, 1024, 1e5
TIME_OF_EPOCHS, STEP_OF_EPOCHS, BYTES_A_STEP = 4 * TIME, 20, 80
NODES, PAIR, PAIR_BYTES = 24, 6, 16 * 20 * 64  # order parameters: pairs of nodes, 64 at once with all others

# programs of a method in theory, in units of one of the simulation's; sgd: over fresh samples and over a training set
PROGRAMS = {"gradient_flow": 1, "gradient_descent": 3, "momentum": 4, "momentum_flow": 4, "sgd": (2, 5)}


def cost(point, kind, time, seeds=1):
    """Work and memory of the curves of one point.

    Parameters
    ----------
    point : word -> value; ``modes`` may be a guess where a measured spectrum stands in for it
    kind : "simulation" | "theory" | "order_parameters"
    time : increasing times of the study; may end with inf
    seeds : draws of a simulated point

    Returns
    -------
    {"flops": operations of dense algebra, "numbers": those made one at a time, "bytes": of memory at once,
    "programs": {name of what is compiled: how many programs}; points that share a name share the programs}
    """
    if kind == "simulation":
        found = _sgd if point["optimizer"] == "sgd" else _full_batch
        return found(point, time, seeds) | {"programs": _simulated_programs(point)}
    found = _theory if kind == "theory" else _order_parameters
    return found(point, time) | {"programs": _solved_programs(point, kind)}


def _full_batch(point, time, seeds):
    features, rows, rank = draw_sizes(point)
    modes, members, bags = point["modes"], point["ensemble"], point["bags"]
    if not rank:  # every mode decays on its own
        return _told(0, len(time) * modes, 24 * len(time) * modes)
    size, projected = features / members, features if math.isfinite(point["width"]) else 0
    seen = len(time) * (2 * rank**2 + 2 * rank * size + 2 * size * projected)  # the students at all times
    member = 2 * (rows or features) * size * rank + EIGEN * rank**3 + seen
    flops, numbers = _projection(point)
    flops += bags * (members * member + 2 * rows * features * projected)
    numbers += bags * (rows * (features + 1) + 2 * len(time) * members * rank)
    return _told(seeds * flops, seeds * numbers, draw_bytes(point))


def _sgd(point, time, seeds):
    size, samples, batch = draw_sizes(point).features, point["samples"], point["batch"]
    steps = _last(time) / point["learning_rate"]
    flops, numbers = _projection(point)
    if math.isinf(samples):
        decomposed = (2 + EIGEN) * size**3 if math.isfinite(point["width"]) else 0
        together = STEP + seeds * (SEED_STEP + size)
        return _told(
            seeds * (flops + decomposed), seeds * numbers + steps * together, draw_bytes(point) + 64 * seeds * size
        )
    drawn = samples * (size + 1)
    flops += 2 * samples * size**2 if math.isfinite(point["width"]) else 0
    shown = READ * len(time) * (samples * size + size**2)
    numbers += drawn + shown + steps * (STEP + SWAP * batch + READ * batch * size)
    return _told(seeds * flops, seeds * numbers, draw_bytes(point))


def _projection(point):
    """Operations and random numbers of the triangle of all features over the modes."""
    if math.isinf(point["width"]):
        return 0, 0
    features = draw_sizes(point).features
    return 2 * features**2 * point["modes"], features * point["modes"]


def _theory(point, time):
    modes, sizes = point["modes"], (point["width"], point["samples"])
    if all(map(math.isinf, sizes)) and point["optimizer"] != "sgd":
        alone = modes if modes <= EVERY_MODE else GROUPS
        return _told(0, len(time) * alone, 24 * len(time) * alone)
    groups = modes / GROUPS if point["capacity"] is None else 1  # a power law is binned
    if point["optimizer"] != "sgd" or math.isinf(point["samples"]):
        return _told(0, len(time) * TIME * max(1, groups), 8 * modes if groups > 1 else 0)
    steps = _last(time) / point["learning_rate"]
    numbers = len(time) * TIME_OF_EPOCHS * max(1, groups) + STEP_OF_EPOCHS * steps
    return _told(0, numbers, BYTES_A_STEP * steps)


def _order_parameters(point, time):
    nodes = NODES * len(time)
    whole = _theory(point, time)
    return _told(0, whole["numbers"] + 2 * nodes**2 * PAIR, whole["bytes"] + 2 * nodes * PAIR_BYTES)


def _simulated_programs(point):
    """One program a shape, two where a decomposition goes before the steps."""
    words = ("optimizer", "modes", "width", "samples", "ensemble", "bags")
    batch = point["batch"] if math.isfinite(point["samples"]) else None
    number = 2 if point["optimizer"] == "sgd" and math.isinf(point["samples"]) else 1
    return {("simulation", *(point[word] for word in words), batch): number}


def _solved_programs(point, kind):
    endless, alone = math.isinf(point["samples"]), point["ensemble"] * point["bags"] == 1
    number = PROGRAMS[point["optimizer"]]
    number = number if isinstance(number, int) else number[not endless]
    return {(kind, point["optimizer"], endless, alone): number}


def _last(time):
    return max((at for at in time if math.isfinite(at)), default=0.0)


def _told(flops, numbers, size):
    return {"flops": float(flops), "numbers": float(numbers), "bytes": float(size)}
