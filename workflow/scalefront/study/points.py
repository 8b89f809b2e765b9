"""Points (full sets of parameters), their digests, and the shards that jobs compute."""

import hashlib
import itertools
import json
import math
from dataclasses import dataclass

FAN_OUT = {"simulation": ("width", "samples"), "theory": ()}


@dataclass(frozen=True)
class Point:
    """One full set of parameters; ``digest`` names it in every table.

    Parameters
    ----------
    parameters : word -> float or text, all words of the model; None where a measured spectrum stands in for a word
    digest : first 12 hex digits of the SHA-256 of the canonical JSON
    """

    parameters: dict
    digest: str

    def __hash__(self):
        return hash(self.digest)


@dataclass(frozen=True)
class Shard:
    """What one job computes: ``entries`` are (point, number of seeds) pairs, sorted as their rows are."""

    kind: str
    name: str
    entries: tuple


def canonical_json(parameters, defaults):
    """Sorted keys, no spaces, every number as repr(float(x)) in quotes, values at their default left out."""
    told = {
        word: value if isinstance(value, str) else repr(float(value))
        for word, value in parameters.items()
        if value is not None and value != defaults.get(word)
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def point_digest(parameters, defaults):
    """First 12 hex digits of the SHA-256 of the canonical JSON of ``parameters``."""
    return hashlib.sha256(canonical_json(parameters, defaults).encode()).hexdigest()[:12]


def expand(axes):
    """All combinations of ``axes`` (word -> list of values) as dicts."""
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sort_key(parameters, words):
    """Key by which rows of curves are sorted: the swept words in order, numbers before text, None first."""
    return tuple(_ordinal(parameters[word]) for word in words)


def _ordinal(value):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (0, 0.0)
    return (1, value) if isinstance(value, int | float) else (2, value)


def cut_shards(kind, jobs, words):
    """Shards of ``jobs``, a list of (point, seeds, fan_out), for one ``kind`` of curves.

    Points that share the values of their fan_out words share a shard; names are like ``width-64_samples-inf``.
    """
    groups = {}
    for point, seeds, fan_out in jobs:
        groups.setdefault(shard_name(point.parameters, fan_out), {})[point.digest] = (point, seeds)
    return tuple(
        Shard(kind, name, tuple(sorted(group.values(), key=lambda entry: sort_key(entry[0].parameters, words))))
        for name, group in sorted(groups.items())
    )


def shard_name(parameters, fan_out):
    """``word-value`` pairs joined by underscores; ``all`` for a shard that is not fanned out."""
    return "_".join(f"{word}-{_plain(parameters[word])}" for word in fan_out) or "all"


def _plain(value):
    if value is None:
        return "none"
    return value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
