"""YAML 1.2 as study files use it: plain data, every key once, no tags, no anchors."""

import math
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scanner import Scanner, ScannerError

from scalefront.errors import StudyError

MAX_BYTES = 250_000  # read in about two seconds, and again by every job
MAX_DEPTH = 20
MAX_DIGITS = 1000  # of a whole number; the largest that a float holds has 309


def read_yaml(path):
    """The mapping in the YAML file at ``path``: texts, numbers, truth values, nulls, lists and mappings of these.

    ``1e5`` is a number, ``on`` and ``2024-02-02`` are text (YAML 1.2). A key given twice, a tag, an anchor, a merge
    key, a second document, a file of over 250 kB or one that is not UTF-8 text raises StudyError.
    """
    path = Path(path)
    text = _text(path)
    reader = YAML(typ="safe", pure=True)
    reader.Scanner, reader.Constructor = _PlainScanner, _PlainConstructor
    try:
        content = reader.load(text)
    except MarkedYAMLError as problem:
        raise _refusal(path, problem) from None
    except (YAMLError, ValueError, OverflowError) as problem:
        raise StudyError(path, "", None, f"not YAML: {problem}") from None
    if not isinstance(content, dict):
        raise StudyError(path, "", None, "must be a mapping of keys to values")
    return content


class _PlainScanner(Scanner):
    """Refuses what plain data do not need where it stands, before anything is made of it."""

    def fetch_alias(self):
        self._refuse("aliases are not allowed")

    def fetch_anchor(self):
        self._refuse("anchors are not allowed")

    def fetch_directive(self):
        self._refuse("directives are not allowed")

    def fetch_tag(self):
        self._refuse("tags are not allowed")

    def fetch_flow_collection_start(self, *args, **kwargs):
        super().fetch_flow_collection_start(*args, **kwargs)
        self._check_depth()

    def add_indent(self, column):
        deeper = super().add_indent(column)
        self._check_depth()
        return deeper

    def _check_depth(self):
        if len(self.flow_context) + len(self.indents) > MAX_DEPTH:
            self._refuse("nested too deeply")

    def _refuse(self, said):
        raise ScannerError(None, None, said, self.reader.get_mark())


class _PlainConstructor(SafeConstructor):
    """Makes texts, numbers, truth values, nulls, lists and mappings, and nothing else."""

    def flatten_mapping(self, node):
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise ConstructorError(None, None, "a key is a text or a number", key.start_mark)
            if key.tag == "tag:yaml.org,2002:merge":
                raise ConstructorError(None, None, "merge keys are not allowed", key.start_mark)

    def construct_yaml_int(self, node):
        if len(node.value) > MAX_DIGITS:
            said = f"a whole number of more than {MAX_DIGITS} digits"
            raise ConstructorError(None, None, said, node.start_mark)
        return super().construct_yaml_int(node)

    def construct_yaml_float(self, node):
        value = super().construct_yaml_float(node)
        if math.isinf(value) and "inf" not in node.value.lower():
            raise ConstructorError(None, None, "a number beyond double precision; infinity is .inf", node.start_mark)
        return value


for _name, _construct in {
    "float": _PlainConstructor.construct_yaml_float,
    "int": _PlainConstructor.construct_yaml_int,
    "map": _PlainConstructor.construct_yaml_map,
    "timestamp": _PlainConstructor.construct_yaml_str,
    "value": _PlainConstructor.construct_yaml_str,
}.items():
    _PlainConstructor.add_constructor(f"tag:yaml.org,2002:{_name}", _construct)


def _text(path):
    try:
        if not path.exists():
            raise StudyError(path, "", None, "no such file")
        if not path.is_file():
            raise StudyError(path, "", None, "cannot be read: not a plain file")
        if path.stat().st_size > MAX_BYTES:
            raise StudyError(path, "", None, f"larger than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:  # text that is not UTF-8, or a path with a null character
        raise StudyError(path, "", None, f"cannot be read: {problem}") from None


def _refusal(path, problem):
    mark = problem.problem_mark
    place = f"line {mark.line + 1}" if mark else ""
    said = ", ".join(filter(None, [problem.context, problem.problem])) or str(problem)
    return StudyError(path, place, None, said)
