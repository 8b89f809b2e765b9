"""What jobs of the feature-learning model cost; constants measured on one core, for the speeds of ``resources.py``.

Three kinds of work, as they run at different speeds: floating-point operations of dense algebra, "numbers" that are
drawn or evaluated one at a time (a random number, an exponential, an entry of a layer as it is read and changed),
compiled programs.
"""

import math

from scalefront.models.feature_learning.parameters import EVERY_MODE, EVERY_MODE_ALONE, draw_bytes, stepped

DECOMPOSED, TRIANGLE, CHUNK = 20, 2, 4096  # operations over n^3 of an SVD, over rows n^2 of a QR; rows of one at once

# in numbers: a step, and what it draws; an entry of a layer, a row of samples and a sample of the set in every step
STEP, DRAWN_STEP, ENTRY, ROW_ENTRY, SAMPLE = 120, 200, 1 / 20, 1 / 20, 2

# in numbers: a flow, each of its modes over all steps, each time, each mode at each time
FLOW, FLOW_MODE, FLOW_TIME, FLOW_SEEN = 1e7, 2500, 3e4, 10
TOGETHER_BYTES = 5e8  # of the flows that are simulated at once

MARCH, MARCH_BYTES = 7, 4  # operations and bytes over groups x steps^3 and groups x steps^2
GRID, GRID_OF_SAMPLES, GRID_BYTES = 100, 500, 8  # the same of the solver on a logarithmic grid of times
MATRICES = 16 * 8  # bytes of the matrices in time over n^2
POINTS_A_DECADE, FIRST_TIME = 20, 0.1
RECURSION, BLOCK = 8, 512  # operations of the lazy recursion for a group and a step, and beside
BINS = 1024  # groups of the fast solvers where modes do not stand alone
# groups of the slow ones: alone, decades of eigenvalues, a decade of them, a decade of modes beyond
HEAD, GROUPED_DECADES, GROUPS_A_DECADE, LATE_GROUPS_A_DECADE = 16, 12, 4, 2.5

PROGRAMS = {False: 2, True: 3}  # of a simulation, by whether its optimizer takes steps


def cost(point, kind, time, seeds=1):
    """Work and memory of the curves of one point.

    Parameters
    ----------
    point : word -> value
    kind : "simulation" | "theory" | "order_parameters"
    time : increasing times of the study; may end with inf
    seeds : draws of a simulated point

    Returns
    -------
    {"flops": operations of dense algebra, "numbers": those made one at a time, "bytes": of memory at once,
    "programs": {name of what is compiled: how many programs}; points that share a name share the programs}
    """
    if kind != "simulation":
        return _theory(point, time) | {"programs": {}}
    found = (_steps if stepped(point) else _flows)(point, time, seeds)
    return found | {"programs": _simulated_programs(point)}


def _steps(point, time, seeds):
    features, units = _sizes(point)
    samples, batch, drawn = point["samples"], point["batch"], math.isfinite(point["samples"])
    layers = (features * units + (point["depth"] - 1) * units**2) if point["richness"] else 0
    step = STEP + ENTRY * layers + features
    if batch is not None:
        step += DRAWN_STEP
    if drawn and batch is not None:
        step += SAMPLE * samples + ROW_ENTRY * features * batch
    elif drawn:
        step += ROW_ENTRY * features * min(samples, features + 1)
    flops, numbers = _drawn(point)
    work = numbers + step * _last(time) / point["learning_rate"]
    return _told(seeds * flops, seeds * work, draw_bytes(point))


def _flows(point, time, seeds):
    features, _ = _sizes(point)
    known = min(features, point["samples"])
    flops, numbers = _drawn(point)
    if math.isfinite(point["samples"]):
        flops += DECOMPOSED * known**2 * max(features, point["samples"]) + 2 * len(time) * known * min(
            features, 2 * known
        )
    flow = _flow(known, time)
    return _told(seeds * flops, FLOW + seeds * (numbers + flow), draw_bytes(point) + TOGETHER_BYTES)


def _drawn(point):
    """Operations and random numbers of a projection and of a training set."""
    features, units = _sizes(point)
    modes, samples = point["modes"], point["samples"]
    flops = numbers = 0
    if math.isfinite(point["width"]) and features < modes:
        chunks = math.ceil(modes / CHUNK)
        flops += TRIANGLE * features**2 * (modes + chunks * features) + DECOMPOSED * features**3
        numbers += features * modes
    elif math.isfinite(point["width"]):
        numbers += features * units
    if math.isfinite(samples):
        flops += TRIANGLE * samples * features**2
        numbers += samples * (features + 1)
    return flops, numbers


def _theory(point, time):
    if stepped(point):
        return _of_steps(point, time)
    endless = math.isinf(point["width"]) and math.isinf(point["samples"])
    if endless and point["optimizer"] == "gradient_flow":
        groups = point["modes"] if point["modes"] <= EVERY_MODE_ALONE else BINS
        return _told(0, FLOW + _flow(groups, time), 32 * len(time) * groups)
    rows = 2 + POINTS_A_DECADE * math.log10(max(10, _last(time) / FIRST_TIME))
    operations = GRID if math.isinf(point["samples"]) else GRID_OF_SAMPLES
    groups = _groups(point)
    return _told(operations * groups * rows**3, 0, (GRID_BYTES * groups + MATRICES) * rows**2)


def _of_steps(point, time):
    steps = _last(time) / point["learning_rate"]
    if point["richness"] == 0 and math.isinf(point["width"]) and math.isinf(point["samples"]):
        groups = point["modes"] if point["modes"] <= EVERY_MODE_ALONE else BINS
        return _told((RECURSION * groups + BLOCK) * steps, 0, 8 * BLOCK * groups)
    groups = _groups(point)
    return _told(MARCH * groups * steps**3, 0, (MARCH_BYTES * groups + MATRICES) * steps**2)


def _flow(modes, time):
    return modes * (FLOW_MODE + FLOW_SEEN * len(time)) + FLOW_TIME * len(time)


def _groups(point):
    """Groups of modes of the solvers that are cubic in time, as ``theory.grouping`` makes them."""
    modes, capacity = point["modes"], point["capacity"]
    if modes <= EVERY_MODE:
        return modes
    decades, resolved = math.log10(modes / HEAD), GROUPED_DECADES / capacity
    late = LATE_GROUPS_A_DECADE * max(0, decades - resolved)
    return HEAD + GROUPS_A_DECADE * capacity * min(decades, resolved) + late


def _sizes(point):
    """Inputs and outputs of the first layer that learns."""
    modes, width = point["modes"], point["width"]
    if math.isinf(width):
        return modes, modes
    return (modes if point["architecture"] == "pure" else min(width, modes)), width


def _simulated_programs(point):
    """Programs of one shape; layers that do not learn are another one."""
    words = ("optimizer", "modes", "width", "samples", "architecture", "depth")
    batch = point["batch"] if math.isfinite(point["samples"]) else None
    shape = tuple(point[word] for word in words)
    return {("simulation", *shape, batch, point["richness"] == 0): PROGRAMS[stepped(point)]}


def _last(time):
    return max((at for at in time if math.isfinite(at)), default=0.0)


def _told(flops, numbers, size):
    return {"flops": float(flops), "numbers": float(numbers), "bytes": float(size)}
