"""Predicted numbers: given, or by the name under which a model predicts them."""

import math

from scalefront.study.block import is_number


class Predictions:
    """A model's predictions by name, evaluated at the points that a fit selects."""

    def __init__(self, exponents):
        self.exponents = exponents
        self.names = tuple(exponents.predictions(2.0, 0.5))

    def at(self, block, name, points):
        """The prediction ``name`` for ``points``, which must share one spectrum."""
        spectra = {(point.parameters["capacity"], point.parameters["source"]) for point in points}
        if len(spectra) != 1 or None in next(iter(spectra)):
            block.refuse("predicted", "a number: the curves share no power-law spectrum from which to predict", name)
        return self.exponents.predictions(*spectra.pop())[name]


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
