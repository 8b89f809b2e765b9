"""The sweep: grids of parameter values expanded into points and cut into shards."""

import math

from scalefront.errors import StudyError
from scalefront.parameter import REQUIRED
from scalefront.study.block import Block
from scalefront.study.points import FAN_OUT, Point, cut_shards, expand, point_digest

KINDS = ("simulation", "theory")
GRID_KEYS = {"curves", "seeds", "fan_out"}
MAX_POINTS = 100_000  # read in about three seconds, and again by every job
MAX_SHARDS = 2000  # of one kind: jobs, and files of one folder
MAX_NAME = 200  # characters of a shard's name; a file's has 255 bytes
MAX_SEEDS = 100_000


def read_sweep(top, base, parameters, check, seeds, stop, foreign=frozenset()):
    """Points and shards of the ``sweep`` of a study file.

    Parameters
    ----------
    top : Block of the whole file
    base : word -> value as the spectrum and dynamics blocks give them
    parameters : the model's declarations, by word
    check : the model's ``check(point, kind, stop)``
    seeds : draws of a point where a grid is silent
    stop : last finite time of a curve
    foreign : words that the study's spectrum does not have

    Returns
    -------
    (swept words in the model's order, {kind: shards}); raises StudyError
    """
    grids = _grids(top)
    swept = tuple(word for word in parameters if any(word in grid.content for grid in grids))
    jobs = {kind: [] for kind in KINDS}
    total = 0
    for grid in grids:
        grid.only(GRID_KEYS | (set(parameters) - foreign))
        kinds = grid.names("curves", KINDS, KINDS, empty=False)
        draws = grid.whole("seeds", seeds, low=1, high=MAX_SEEDS)
        axes = {word: _values(grid, word, parameters[word]) for word in grid.content if word in parameters}
        total += math.prod(len(values) for values in axes.values())
        if total > MAX_POINTS:
            raise StudyError(top.file, "sweep", None, f"at most {MAX_POINTS} points")
        points = [_point(grid, base | chosen, parameters) for chosen in expand(axes)]
        for kind in kinds:
            for point in points:
                for word, allowed in check(point.parameters, kind, stop):
                    grid.refuse(word, f"must be {allowed} ({kind})", point.parameters[word])
            fan_out = grid.names("fan_out", tuple(parameters), FAN_OUT[kind])
            jobs[kind] += [(point, draws, fan_out) for point in points]
    shards = {kind: cut_shards(kind, _once(jobs[kind]), swept) for kind in KINDS if jobs[kind]}
    for kind, cut in shards.items():
        _check_shards(top, kind, cut)
    return swept, shards


def _check_shards(top, kind, shards):
    """Refuse more files than a folder should hold, and names that no file can have."""
    if len(shards) > MAX_SHARDS:
        allowed = (
            f"at most {MAX_SHARDS} {kind} shards, one for each value of the words in fan_out: name fewer words there"
        )
        raise StudyError(top.file, "sweep", len(shards), allowed)
    longest = max((shard.name for shard in shards), key=len)
    if len(longest) > MAX_NAME:
        allowed = f"names of {kind} shards of at most {MAX_NAME} characters: name fewer words in fan_out"
        raise StudyError(top.file, "sweep", longest, allowed)


def _grids(top):
    content = top.content.get("sweep")
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list) or not content:
        top.refuse("sweep", "a grid, or a list of grids, with at least one value each")
    return [Block(top.file, f"sweep[{number}]", grid) for number, grid in enumerate(content)]


def _values(grid, word, parameter):
    given = grid.content[word]
    if isinstance(given, dict):
        given = _spaced(grid.block(word), parameter)
    values = given if isinstance(given, list) else [given]
    if not values:
        grid.refuse(word, "at least one value")
    for value in values:
        if not parameter.accepts(value):
            grid.refuse(word, f"must be {parameter.allowed}", value)
    converted = [parameter.convert(value) for value in values]
    if len(set(converted)) < len(converted):
        grid.refuse(word, "each value once")
    return converted


def _spaced(block, parameter):
    """Values from {start, stop, points}, evenly spaced in log; whole numbers where the word is one, each once."""
    block.only({"start", "stop", "points"})
    if parameter.choices:
        block.refuse("start", f"must be one of {parameter.allowed}, or a list of them: only numbers have a range")
    for end in ("start", "stop"):
        block.require(end)
        if not parameter.accepts(block.content[end]) or not 0 < block.content[end] < math.inf:
            block.refuse(end, f"must be {parameter.allowed.removesuffix(', or .inf')}, finite")
    start, stop = float(block.content["start"]), float(block.content["stop"])
    if stop <= start:
        block.refuse("stop", f"must be greater than start = {start:g}")
    count = block.whole("points", low=2, high=MAX_POINTS)
    fractions = [step / (count - 1) for step in range(count)]
    if math.isfinite(stop / start):
        values = [start * (stop / start) ** fraction for fraction in fractions]
    else:
        ends = math.log(start), math.log(stop)
        values = [math.exp(ends[0] + (ends[1] - ends[0]) * fraction) for fraction in fractions]
    values[-1] = stop
    return list(dict.fromkeys(map(round, values))) if parameter.integer else values


def _point(grid, given, parameters):
    full = {"spectrum": given["spectrum"]}
    for word, parameter in parameters.items():
        value = given.get(word, parameter.default)
        if value is REQUIRED:
            if given["spectrum"] != "power_law" and parameter.block == "spectrum":
                value = None  # a measured spectrum stands in for it
            else:
                grid.refuse(word, f"missing, here or in {parameter.block or 'another key'}; {parameter.allowed}", None)
        full[word] = value
    defaults = {word: parameter.default for word, parameter in parameters.items()} | {"spectrum": "power_law"}
    return Point(full, point_digest(full, defaults))


def _once(jobs):
    """Jobs without repeats: a point that two grids ask for is computed once, with the larger number of seeds."""
    kept = {}
    for point, seeds, fan_out in jobs:
        before = kept.get(point.digest)
        if before is None or before[1] < seeds:
            kept[point.digest] = (point, seeds, fan_out if before is None else before[2])
    return list(kept.values())
