"""The registry of models and what each of them provides.

A model is a folder with six modules: ``parameters`` (PARAMETERS, check, stepped, cost; numpy at most), ``exponents``
(predictions, asymptotic_range; numpy at most), ``stability`` (check; scipy at most), ``simulate`` (simulate),
``theory.solve`` (solve) and ``correlate`` (correlate).
"""

from importlib import import_module

REGISTRY = {"random_features": "scalefront.models.random_features"}

PARTS = {"simulation": "simulate", "theory": "theory.solve", "order_parameters": "correlate"}


def part(model, name):
    """The module ``name`` of ``model``, e.g. ``part("random_features", "parameters")``; imported when asked for."""
    return import_module(f"{REGISTRY[model]}.{PARTS.get(name, name)}")
