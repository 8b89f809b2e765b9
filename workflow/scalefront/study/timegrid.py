"""The grid of times at which curves are recorded."""

import itertools
import math

from scalefront.study.block import is_number

MEANING = {
    "start": "first time",
    "stop": "last time",
    "points": "number of times",
    "spacing": "log (default) | linear",
    "limit": "true adds the limit t -> inf as a time of its own, .inf",
    "values": "a list of increasing times, instead of the above",
}
MAX_TIMES = 100_000


def read_time(block):
    """Increasing times as a tuple of floats; the last one is inf where ``limit: true`` asks for t -> inf.

    The block holds start, stop, points and spacing (log | linear), or ``values``, a list.
    """
    block.only(MEANING)
    key, times = ("values", _listed(block)) if "values" in block.content else ("points", _spaced(block))
    if any(later <= earlier for earlier, later in itertools.pairwise(times)):
        block.refuse(key, "the times must increase")
    return (*times, math.inf) if block.flag("limit") else times


def last_finite(times):
    """The last finite one of increasing times; 0 where there is none."""
    return max((time for time in times if math.isfinite(time)), default=0.0)


def _listed(block):
    block.only({"values", "limit"})
    values = block.content["values"]
    if isinstance(values, list) and len(values) > MAX_TIMES:
        block.refuse("values", f"at most {MAX_TIMES} times", len(values))
    if not isinstance(values, list) or not values or not all(is_number(v) and 0 <= v < math.inf for v in values):
        block.refuse("values", "a list of numbers >= 0 (limit: true adds .inf)")
    return tuple(float(value) + 0.0 for value in values)  # -0 is 0


def _spaced(block):
    spacing = block.choice("spacing", ("log", "linear"), "log")
    start = block.number("start", low=0, above=0 if spacing == "log" else None)
    stop = block.number("stop")
    count = block.whole("points", low=2, high=MAX_TIMES)
    if stop <= start:
        block.refuse("stop", f"must be greater than start = {start:g}: the time grid must increase")
    fractions = [step / (count - 1) for step in range(count)]
    if spacing == "linear":
        return tuple(start + (stop - start) * fraction for fraction in fractions)
    ratio = math.log(stop) - math.log(start)
    if ratio < 700:  # decades that one exponential spans
        times = tuple(start * math.exp(ratio * fraction) for fraction in fractions)
    else:
        times = tuple(math.exp(math.log(start) + ratio * fraction) for fraction in fractions)
    return (*times[:-1], stop)
