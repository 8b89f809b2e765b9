"""A block of a study file that knows its place, so that every refusal names file, key, value and what is allowed."""

import math

from scalefront.errors import StudyError

_MISSING = object()
MAX_TEXT = 1000  # characters of a text


class Block:
    """A mapping read from a study file, with the file and the dotted key at which it stands."""

    def __init__(self, file, key, content):
        if not isinstance(content, dict):
            raise StudyError(file, key, content, "must be a mapping of keys to values")
        self.file, self.key, self.content = file, key, content

    def refuse(self, key, allowed, value=_MISSING):
        """Raise the StudyError for ``key`` of this block."""
        shown = self.content.get(key) if value is _MISSING else value
        raise StudyError(self.file, self.place(key), shown, allowed)

    def place(self, key):
        """Dotted key of ``key`` in the file."""
        return f"{self.key}.{key}" if self.key else str(key)

    def only(self, allowed):
        """Refuse any key that is not in ``allowed``."""
        for key in self.content:
            if key not in allowed:
                self.refuse(key, f"unknown key; allowed: {', '.join(sorted(allowed))}")

    def require(self, *keys):
        """Refuse a block that lacks one of ``keys``."""
        for key in keys:
            if self.content.get(key) is None:
                self.refuse(key, "missing", None)

    def block(self, key):
        """The mapping under ``key``, empty if absent."""
        return Block(self.file, self.place(key), self.content.get(key, {}))

    def items(self, key):
        """(name, block) of every entry of the mapping of mappings under ``key``."""
        outer = self.block(key)
        return [(name, outer.block(name)) for name in outer.content]

    def text(self, key, default=_MISSING):
        """Text under ``key``, which can be printed wherever it turns up."""
        value = self._get(key, default)
        if value is not default and not _is_line(value):
            self.refuse(key, f"must be text, one line of at most {MAX_TEXT} printable characters", value)
        return value

    def choice(self, key, choices, default=_MISSING):
        """One of ``choices``."""
        value = self._get(key, default)
        if not isinstance(value, str) or value not in choices:
            self.refuse(key, "one of: " + ", ".join(choices), value)
        return value

    def number(self, key, default=_MISSING, low=-math.inf, high=math.inf, above=None):
        """A finite number in [low, high], or greater than ``above``."""
        value = self._get(key, default)
        if value is None:
            return None
        if not is_number(value) or not math.isfinite(value):
            self.refuse(key, "must be a number", value)
        if not low <= value <= high or (above is not None and value <= above):
            bound = f"> {above:g}" if above is not None else f"in [{low:g}, {high:g}]"
            self.refuse(key, f"must be {bound}", value)
        return float(value)

    def whole(self, key, default=_MISSING, low=0, high=2**31 - 1):
        """A whole number in [low, high]."""
        value = self.number(key, default, low, high)
        if value != int(value):
            self.refuse(key, "must be a whole number", value)
        return int(value)

    def flag(self, key, default=False):
        """true or false."""
        value = self.content.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true | false", value)
        return value

    def names(self, key, choices, default=_MISSING, empty=True):
        """A list of distinct names out of ``choices``, ``empty`` if that is allowed; one name is a list of one."""
        value = self._get(key, default)
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple):
            self.refuse(key, "must be a list", value)
        for name in listed:
            if not isinstance(name, str) or name not in choices:
                self.refuse(key, "allowed: " + ", ".join(choices), name)
        if len(set(listed)) < len(listed) or not (listed or empty):
            self.refuse(key, "each name once" if listed else "at least one of: " + ", ".join(choices), value)
        return tuple(listed)

    def _get(self, key, default):
        value = self.content.get(key)
        if value is None:
            if default is _MISSING:
                self.refuse(key, "missing", None)
            return default
        return value


def _is_line(value):
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= MAX_TEXT


def is_number(value):
    """Whether ``value`` is a number that fits a float (and no bool)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return not math.isnan(float(value))
    except OverflowError:
        return False
