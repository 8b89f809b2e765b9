"""How a model declares a parameter: word, range and default, once, for the study reader, the schema and the docs."""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context

REQUIRED = object()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model.

    Parameters
    ----------
    word : its name in words.py
    default : value where a study is silent, None for none (check says where one is needed), or REQUIRED
    low, high : range of a number; ``low_open`` excludes ``low`` itself, ``high_open`` excludes ``high``
    integer : only whole numbers (1e8 counts as whole)
    infinite : .inf is allowed whatever ``high`` says
    choices : the allowed texts; empty for a number
    block : block of the study file that holds it: "spectrum", "dynamics", or "" for words that only a sweep gives
    """

    word: str
    default: object = REQUIRED
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    integer: bool = False
    infinite: bool = False
    choices: tuple = ()
    block: str = ""

    @property
    def required(self):
        """Whether a study must give it."""
        return self.default is REQUIRED

    @property
    def allowed(self):
        """What is allowed, as one clause, e.g. ``a whole number >= 1, or .inf``."""
        if self.choices:
            return " | ".join(self.choices)
        kind = "a whole number" if self.integer else "a number"
        bounds = []
        if self.low > -math.inf:
            bounds.append(f"{'>' if self.low_open else '>='} {self.low:g}")
        if self.high < math.inf:
            bounds.append(f"{'<' if self.high_open else '<='} {self.high:g}")
        return " ".join(filter(None, [kind, " and ".join(bounds)])) + (", or .inf" if self.infinite else "")

    def accepts(self, value):
        """Whether ``value``, as read from a study file, is in range."""
        if self.choices:
            return isinstance(value, str) and value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        try:
            value = float(value)
        except OverflowError:
            return False
        if math.isinf(value):
            return self.infinite and value > 0
        above = self.low < value if self.low_open else self.low <= value
        below = value < self.high if self.high_open else value <= self.high
        return above and below and (not self.integer or value == int(value))

    def convert(self, value):
        """The value as points hold it: text as it is, every number a float, -0 as 0, as both are one point."""
        return value if self.choices else float(value) + 0.0


def check_optimizer_words(point, optimizers):
    """Yield (word, what is allowed) for words that the optimizer of ``point`` lacks, or does not have.

    ``optimizers``: optimizer -> the words that it has beside those of the model.
    """
    optimizer = point["optimizer"]
    for word in dict.fromkeys(word for words in optimizers.values() for word in words):
        if word in optimizers[optimizer] and point[word] is None:
            yield word, f"given: optimizer {optimizer} has it"
        if word not in optimizers[optimizer] and point[word] is not None:
            yield word, f"absent: optimizer {optimizer} does not have it"


def check_steps(stop, learning_rate, most):
    """Yield (learning_rate, what is allowed) where the time ``stop`` takes more than ``most`` steps."""
    steps = stop / learning_rate
    if steps > most:
        least = float(Context(prec=2, rounding=ROUND_CEILING).create_decimal(repr(stop / most)))
        yield "learning_rate", f"at least {least:g}: time {stop:g} takes {steps:.1e} steps, at most {most:g}"
