"""Parameters of the lazy random-feature model (theory/dynamical_model.md 0)."""

import math

from scalefront.parameter import Parameter

PARAMETERS = (
    Parameter("capacity", low=1, low_open=True, high=100, block="spectrum"),
    Parameter("source", low=0, low_open=True, high=100, block="spectrum"),
    Parameter("modes", low=1, high=1e15, integer=True, block="spectrum"),
    Parameter("width", low=1, high=1e15, integer=True, infinite=True),
    Parameter("samples", low=1, high=1e15, integer=True, infinite=True),
    Parameter("label_noise", default=0.0, low=0, high=1e6, block="dynamics"),
    Parameter("optimizer", default="gradient_flow", choices=("gradient_flow",), block="dynamics"),
)

SIMULATED_BYTES = 8e9
LARGEST_EXPONENT = 300  # decades of a sum over modes of 1/eigenvalue or 1/task power
RESOLVED_DECADES = 12  # of eigenvalues that one eigendecomposition resolves
ROWS_PER_WISHART = 8  # samples a dimension beyond which a Wishart draw saves more than its compilation costs


def check(point, kind):
    """Yield (word, what is allowed) for each way in which ``point`` cannot be.

    Parameters
    ----------
    point : word -> value
    kind : "simulation" or "theory"
    """
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
    needed = cost(point)["bytes"]
    if kind == "simulation" and needed > SIMULATED_BYTES:
        sizes = {word: point[word] for word in ("samples", "width") if math.isfinite(point[word])}
        largest = max(sizes, key=sizes.get, default="modes")
        yield largest, f"smaller: one draw takes {needed:.1e} bytes, at most {SIMULATED_BYTES:.0e} are allowed"


def cost(point):
    """FLOPs and bytes of one simulated draw: the projection, the Gram matrix and one eigendecomposition.

    A finite width lives in N dimensions after one pass over the M modes, an infinite one in M dimensions; Gaussian
    samples beyond ROWS_PER_WISHART times the dimensions act through a triangle of as many rows as there are dimensions
    (theory/dynamical_model.md 2.6, "full batch in N dimensions", and 3).
    """
    modes, width, samples = point["modes"], point["width"], point["samples"]
    size = min(width, modes)
    if math.isinf(samples):
        rows, rank = 0, 0 if math.isinf(width) else size
    else:
        gaussian = not str(point["spectrum"]).startswith("data")
        rows = min(samples, ROWS_PER_WISHART * (size + 1)) if gaussian else samples
        rank = min(size, rows)
    project = width**2 * modes if math.isfinite(width) else 0
    square = size**2 if math.isfinite(width) else 0
    flops = 2 * project + 2 * rows * size * rank + 10 * rank**3
    return {"flops": float(flops), "bytes": 8.0 * (3 * modes + 3 * rows * size + 4 * square + 4 * rank**2)}
