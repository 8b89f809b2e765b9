"""The registry of models and what each of them provides.

A model is a folder with seven modules: ``parameters`` (PARAMETERS, check, check_order_parameters, stepped; numpy at
most), ``exponents`` (PREDICTED_BY, predictions, frontier_predictions, asymptotic_range; numpy at most), ``cost`` (cost:
what a job will take; numpy at most, and no other module imports it, so that a new figure computes nothing anew),
``stability`` (check; scipy at most), ``simulate`` (simulate), ``theory.solve`` (solve) and ``correlate`` (correlate,
SCHEMA).
"""

from importlib import import_module

REGISTRY = {
    "random_features": "scalefront.models.random_features",
    "feature_learning": "scalefront.models.feature_learning",
}

PARTS = {"simulation": "simulate", "theory": "theory.solve", "order_parameters": "correlate"}


def part(model, name):
    """The module ``name`` of ``model``, e.g. ``part("random_features", "parameters")``; imported when asked for."""
    return import_module(f"{REGISTRY[model]}.{PARTS.get(name, name)}")
