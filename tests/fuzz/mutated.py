"""Right studies made wrong: one to three changes at places anywhere in them."""

import copy
from pathlib import Path

from hypothesis import strategies as st
from scalefront.study.yaml import read_yaml

from tests.fuzz.plain import Pairs, at, changed, emit, places
from tests.fuzz.values import extremes, junk, scalars, texts, words
from tests.unit.study.conftest import MINIMAL
from tests.workflow.conftest import SMALL

FOLDER = Path(__file__).parents[2] / "config" / "studies"
STUDIES = {"shipped": [read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))], "small": [SMALL, MINIMAL]}


@st.composite
def mutated(draw, which):
    """YAML of one of the STUDIES with changes."""
    content = STUDIES[which][draw(st.integers(0, len(STUDIES[which]) - 1))]
    for _ in range(draw(st.integers(1, 3))):
        if not isinstance(content, dict):
            break
        content = draw(st.sampled_from(CHANGES))(draw, content)
    return emit(content)


def _somewhere(draw, content, kind=object):
    """A path of a node of ``kind``, or the root's where there is none."""
    found = [path for path in places(content)[1:] if isinstance(at(content, path), kind)]
    return draw(st.sampled_from(found)) if found else ()


def _replace(draw, content):
    value = draw(junk)
    return changed(content, _somewhere(draw, content), lambda _: value)


def _like(draw, content):
    """Another value of the same type, which passes the first checks."""
    path = _somewhere(draw, content, int | float | str)
    node = at(content, path) if path else content
    if isinstance(node, str):
        value = draw(words | texts)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        value = draw(extremes | st.sampled_from([node + 1, node - 1, -node, node * 2, node * 10, node * node]))
    else:
        value = draw(scalars)
    return changed(content, path, lambda _: value)


def _take_away(draw, content):
    *path, last = _somewhere(draw, content) or [None]
    return changed(content, tuple(path), lambda node: _without(node, last))


def _without(node, last):
    if isinstance(node, dict):
        return {key: value for key, value in node.items() if key != last}
    return [*node[:last], *node[last + 1 :]] if isinstance(last, int) else node


def _rename(draw, content):
    path, name = _somewhere(draw, content, dict), draw(words | texts | st.integers())
    key = draw(st.sampled_from([*at(content, path)] or [name]))
    change = lambda node: {name if old == key else old: value for old, value in node.items()}  # noqa: E731
    return changed(content, path, change)


def _add(draw, content):
    path, name, value = _somewhere(draw, content, dict), draw(words | texts), draw(junk)
    return changed(content, path, lambda node: node | {name: value})


def _twice(draw, content):
    """A key or an entry once more."""
    path = _somewhere(draw, content, dict | list)
    node = at(content, path)
    if isinstance(node, list):
        return changed(content, path, lambda node: [*node, *copy.copy(node[:1])])
    return changed(content, path, lambda node: Pairs([*node.items(), *list(node.items())[:1]]))


def _move(draw, content):
    """A part of the study in the place of another one."""
    source, target = _somewhere(draw, content), _somewhere(draw, content)
    value = at(content, source)
    return changed(content, target, lambda _: value)


def _wrap(draw, content):
    wrap = draw(st.sampled_from([lambda node: [node], lambda node: {"a": node}, lambda node: [node] * 30, str]))
    return changed(content, _somewhere(draw, content), wrap)


CHANGES = (_replace, _like, _like, _like, _take_away, _rename, _add, _twice, _move, _wrap)
