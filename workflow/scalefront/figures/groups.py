"""Fits and frontiers that a study makes ``by`` words: one for each group of curves that share the values of these."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.figures.labels import told_apart
from scalefront.fits.selection import select


class Group(NamedTuple):
    """The curves of one fit, or frontier, among those that a study makes ``by`` words.

    Attributes
    ----------
    name : as it follows the name of the fit in the fits table, e.g. ``source-0.5_richness-1``
    values : word -> value, None where the curves have none
    predicted : of the fit: None, a number, or parameter -> number
    rows : of the curves table
    """

    name: str
    values: dict
    predicted: float | dict | None
    rows: pd.DataFrame

    @property
    def told(self):
        """What the group has in common, as text: ``β = 0.5, γ = 1``."""
        return ", ".join(told_apart(word, value) for word, value in self.values.items() if value is not None)


def groups_of(asked, curves):
    """The Groups of a fit or a frontier as a study asks for it; none where it is not made ``by`` words."""
    if not asked.get("groups"):
        return []
    rows = select(curves, asked["where"])
    return [
        Group(name, told["where"], told["predicted"], select(rows, told["where"]))
        for name, told in asked["groups"].items()
    ]


def one_by_one(settings):
    """The ``settings`` of a study with a fit of its own for each group of a fit that is made ``by`` words.

    Such a fit holds the ``title`` of the one that it was asked by and, as ``told``, what tells its group.
    """
    fits = {}
    for name, fit in settings["fits"].items():
        fits |= _fits_of_groups(name, fit) if fit.get("groups") else {name: fit}
    return settings | {"fits": fits}


def title_of(name, fit):
    """The name of a fit for a reader; groups of one fit share it."""
    return fit.get("title", name).replace("_", " ")


def spread(groups, most):
    """The ``groups`` with ``most`` of them, evenly spaced, ahead of the others: what is shown where not all can be."""
    if len(groups) <= most:
        return groups
    chosen = np.linspace(0, len(groups) - 1, most).round().astype(int)
    return [groups[i] for i in chosen] + [group for i, group in enumerate(groups) if i not in chosen]


def _fits_of_groups(name, fit):
    found = {}
    for group, told in fit["groups"].items():
        values = {word: value for word, value in told["where"].items() if value is not None}
        named = ", ".join(told_apart(word, value) for word, value in values.items())
        found[f"{name}.{group}"] = fit | {
            "groups": {},
            "title": name,
            "told": named,
            "where": fit["where"] | told["where"],
            "predicted": told["predicted"],
        }
    return found
