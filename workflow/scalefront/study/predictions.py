"""Predicted numbers: given, or by the name under which a model predicts them."""

import math

from scalefront.study.block import is_number


class Predictions:
    """A model's predictions by name, evaluated at the points that a fit selects."""

    def __init__(self, exponents):
        self.exponents = exponents
        self.names = tuple(exponents.predictions(**exponents.PREDICTED_BY))
        self._made = {}

    def at(self, block, name, points):
        """The prediction ``name`` for ``points``, which must share a power-law spectrum and what else it depends on."""
        words = tuple(self.exponents.PREDICTED_BY)
        found = {tuple(point.parameters[word] for word in words) for point in points}
        if len(found) != 1 or any(point.parameters["capacity"] is None for point in points):
            shared = "a power-law spectrum" + "".join(
                f", {word}" for word in words if word not in ("capacity", "source")
            )
            block.refuse("predicted", f"a number: the curves do not share {shared}, from which to predict", name)
        (values,) = found
        if values not in self._made:
            self._made[values] = self.exponents.predictions(**dict(zip(words, values, strict=True)))
        return self._made[values][name]


def read_prediction(block, predictions, optional=False):
    """A number, the name of a prediction, or None where that is ``optional``."""
    value = block.content.get("predicted")
    if value is None and optional:
        return None
    if isinstance(value, str) and value in predictions.names:
        return value
    if is_number(value) and math.isfinite(value):
        return float(value)
    return block.refuse("predicted", "a number or one of: " + ", ".join(predictions.names))
