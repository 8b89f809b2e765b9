"""From a curves table to panels and lines: which rows share a panel, which a curve, and how seeds are summed up."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.fits.losses import usable
from scalefront.fits.selection import parameter_words

SIZES = ("width", "samples")
CENTRAL = (0.16, 0.84)  # of the seeds: one standard deviation to each side, were they Gaussian


class Family(NamedTuple):
    """Rows that differ in one size alone.

    Attributes
    ----------
    size : the word that varies
    fixed : word -> value of all other parameters, null where a curve has none
    rows : of the curves table
    """

    size: str
    fixed: dict
    rows: pd.DataFrame

    @property
    def sizes(self):
        """Values of the size, ascending, infinity last."""
        return sorted(self.rows[self.size].unique())

    @property
    def finite_sizes(self):
        return [value for value in self.sizes if np.isfinite(value)]

    @property
    def all_finite(self):
        """Whether every other size is finite, too."""
        return all(np.isfinite(self.fixed.get(word, 0.0)) for word in SIZES)


class Line(NamedTuple):
    """One curve of one kind, its seeds summed up; all arrays (n,).

    Attributes
    ----------
    kind : "simulation" | "theory"
    x : ascending, inf last where the curve has a limit
    mean, low, high, lowest, highest : over the seeds: mean, central 68 %, range
    seeds : number of seeds, 0 for theory
    """

    kind: str
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    seeds: int

    @property
    def finite(self):
        """The line without its limit at x = inf."""
        return self.where(np.isfinite(self.x))

    @property
    def limit(self):
        """The line at x = inf alone, n = 0 or 1."""
        return self.where(np.isinf(self.x))

    def where(self, kept):
        """The line at the x that a mask (n,) keeps."""
        arrays = {name: value[kept] for name, value in self._asdict().items() if isinstance(value, np.ndarray)}
        return self._replace(**arrays)

    def less(self, reference):
        """The line with ``reference``, a number, subtracted from all its values."""
        values = ("mean", "low", "high", "lowest", "highest")
        return self._replace(**{name: getattr(self, name) - reference for name in values})


def along(curves, size):
    """The families whose curves differ in ``size`` alone, in the order of their other parameters."""
    others = [word for word in parameter_words(curves) if word != size]
    curves = curves[curves[size].notna()]
    groups = curves.groupby(others, dropna=False) if others else [((), curves)]
    return [Family(size, dict(zip(others, key, strict=True)), rows) for key, rows in groups]


def covering(curves):
    """The fewest families, found greedily, that hold every point: simulations first, then by their other parameters."""
    candidates = [family for size in SIZES if size in curves for family in along(curves, size)]
    points = [set(family.rows["point"]) for family in candidates]
    waiting, chosen = set().union(*points), []
    while waiting:
        best = max(range(len(candidates)), key=lambda i: (len(points[i] & waiting), len(points[i])))
        chosen.append(candidates[best])
        waiting -= points[best]
    return sorted(chosen, key=order)


def order(family):
    """Sorts families: simulations first, then by their other parameters."""
    simulated = (family.rows["kind"] == "simulation").any()
    return not simulated, family.all_finite, SIZES.index(family.size), *(_rank(v) for v in family.fixed.values())


def _rank(value):
    """Sorts the values of one word: numbers, then texts, then nulls."""
    if isinstance(value, str):
        return 1, value
    return (0, value) if value is not None and value == value else (2, 0)


def lines(rows, of, against="time"):
    """kind -> Line of the usable rows of one curve, x > 0; kinds without such rows are left out."""
    good, _ = usable(rows, of)
    good = good[good[against] > 0]
    return {kind: _line(kind, found, of, against) for kind, found in good.groupby("kind")}


def exact_line(x, y):
    """Line of a theory's ``y`` (n,), of either sign, at ``x`` (n,) ascending."""
    return Line("theory", x, y, y, y, y, y, 0)


def _line(kind, rows, of, against):
    grouped = rows.groupby(against)[of]
    frame = grouped.agg(["mean", "min", "max"])
    low, high = (grouped.quantile(q).to_numpy(float) for q in CENTRAL)
    x, (mean, lowest, highest) = frame.index.to_numpy(float), frame.to_numpy(float).T
    return Line(kind, x, mean, low, high, lowest, highest, int(rows["seed"].nunique()))
