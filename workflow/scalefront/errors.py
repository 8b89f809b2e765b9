"""The one error type for input that cannot be used."""

LONGEST = 1000  # characters of a refusal: one line, whatever the input holds
LONGEST_FILE, LONGEST_KEY, LONGEST_VALUE = 300, 120, 120


class StudyError(Exception):
    """Input that is refused before any work is done.

    Parameters
    ----------
    file : path or name of the input at fault
    key : dotted key inside it, e.g. ``sweep[0].width``; empty when the file as a whole is at fault
    value : the offending value; None when there is none to show
    allowed : what is allowed instead, one clause

    ``str(error)`` is one printable line of at most 1000 characters that holds all four, each cut where it is long.
    """

    def __init__(self, file, key, value, allowed):
        self.file, self.key, self.value, self.allowed = str(file), key, value, allowed
        shown_file = _line(self.file)
        if len(shown_file) > LONGEST_FILE:
            shown_file = "..." + shown_file[3 - LONGEST_FILE :]  # the name of a file is the end of its path
        shown_key = _short(_line(str(key)), LONGEST_KEY)
        place = f"{shown_file}: {shown_key}" if shown_key else shown_file
        shown = "" if value is None else f" = {_short(_line(_told(value)), LONGEST_VALUE)}"
        super().__init__(_short(f"{place}{shown}: {_line(str(allowed))}", LONGEST))


def _told(value):
    try:
        return repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"


def _line(text):
    """The text in one line of printable characters, all others as their escapes."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)


def _short(text, limit):
    return text if len(text) <= limit else text[: limit - 3] + "..."
