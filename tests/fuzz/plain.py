"""Plain data as YAML in flow style: everything that a study can hold and some of what it must not."""

import json
import math


class Raw(str):
    """Text that stands in the file as it is."""


class Pairs(list):
    """A mapping that may hold a key twice: a list of (key, value)."""


def emit(content):
    """YAML of ``content``: texts quoted, numbers as YAML 1.2 has them."""
    if isinstance(content, Raw):
        return str(content)
    if isinstance(content, dict):
        content = Pairs(content.items())
    if isinstance(content, Pairs):
        return "{" + ", ".join(f"{emit(key)}: {emit(value)}" for key, value in content) + "}"
    if isinstance(content, list | tuple):
        return "[" + ", ".join(map(emit, content)) + "]"
    if isinstance(content, float) and not math.isfinite(content):
        return ".nan" if math.isnan(content) else ".inf" if content > 0 else "-.inf"
    return json.dumps(content)


def places(content, found=(), most=400):
    """Paths (tuples of keys and indices) of all nodes of ``content``, the outer ones first."""
    paths, queue = [], [found]
    while queue and len(paths) < most:
        path = queue.pop(0)
        paths.append(path)
        node = at(content, path)
        if isinstance(node, dict):
            queue += [(*path, key) for key in node]
        elif isinstance(node, list):
            queue += [(*path, number) for number in range(len(node))]
    return paths


def at(content, path):
    """The node of ``content`` at ``path``."""
    for key in path:
        content = content[key]
    return content


def changed(content, path, change):
    """A copy of ``content`` with the node at ``path`` replaced by ``change(node)``; the rest is shared."""
    if not path:
        return change(content)
    copy = content.copy()
    copy[path[0]] = changed(content[path[0]], path[1:], change)
    return copy
