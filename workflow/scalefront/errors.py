"""The one error type for input that cannot be used."""


class StudyError(Exception):
    """Input that is refused before any work is done.

    Parameters
    ----------
    file : path or name of the input at fault
    key : dotted key inside it, e.g. ``sweep[0].width``; empty when the file as a whole is at fault
    value : the offending value; None when there is none to show
    allowed : what is allowed instead, one clause

    ``str(error)`` is one line that holds all four.
    """

    def __init__(self, file, key, value, allowed):
        self.file, self.key, self.value, self.allowed = str(file), key, value, allowed
        place = f"{self.file}: {key}" if key else self.file
        shown = "" if value is None else f" = {_short(value)}"
        super().__init__(" ".join(f"{place}{shown}: {allowed}".split()))


def _short(value, limit=120):
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
