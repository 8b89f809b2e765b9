"""YAML 1.2 as study files use it: plain data, every key once, no tags, no anchors."""

from pathlib import Path

from ruamel.yaml import YAML, tokens
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from scalefront.errors import StudyError

MAX_BYTES = 1_000_000
_REFUSED = {
    tokens.TagToken: "tags",
    tokens.AnchorToken: "anchors",
    tokens.AliasToken: "aliases",
    tokens.DirectiveToken: "directives",
}


def read_yaml(path):
    """The mapping in the YAML file at ``path``.

    ``1e5`` is a number and ``on`` is text (YAML 1.2). A key given twice, a tag, an anchor, a second document, a file
    of over 1 MB or one that is not UTF-8 text raises StudyError.
    """
    text = _text(Path(path))
    try:
        for token in YAML(typ="safe", pure=True).scan(text):
            for kind, what in _REFUSED.items():
                if isinstance(token, kind):
                    raise StudyError(path, f"line {token.start_mark.line + 1}", None, f"{what} are not allowed")
        content = YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise StudyError(path, "", None, "nested too deeply") from None
    except MarkedYAMLError as problem:
        raise _refusal(path, problem) from None
    except (YAMLError, ValueError, OverflowError) as problem:
        raise StudyError(path, "", None, f"not YAML: {problem}") from None
    if not isinstance(content, dict):
        raise StudyError(path, "", None, "must be a mapping of keys to values")
    return content


def _text(path):
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StudyError(path, "", None, f"larger than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise StudyError(path, "", None, "no such file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise StudyError(path, "", None, f"cannot be read: {problem}") from None


def _refusal(path, problem):
    mark = problem.problem_mark
    place = f"line {mark.line + 1}" if mark else ""
    said = ", ".join(filter(None, [problem.context, problem.problem])) or str(problem)
    return StudyError(path, place, None, said)
