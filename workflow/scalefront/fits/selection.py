"""From rows of a curves table to the one curve that a fit asks for."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.errors import StudyError
from scalefront.fits.losses import usable, whole_loss

_LOSSES = ("test_loss", "train_loss", "gap")
RECORDED = ("study", "model", "kind", "point", "seed", "time", "steps", "compute", *_LOSSES, "status")
MIN_POINTS = 3  # two points are on any line
NEAREST_TIME = 1.5  # an asked time is taken from a grid that comes within this factor of it


class Unfitted(Exception):
    """Rows from which no curve can be made: the ``status`` that the fit's row shows, why, and what was left out."""

    def __init__(self, status, reason, left_out=None):
        super().__init__(reason)
        self.status, self.reason, self.left_out = status, reason, Counter(left_out)


class Curve(NamedTuple):
    """One curve, all its seeds.

    Attributes
    ----------
    x : (n,) finite, positive, ascending
    losses : (seeds, n), NaN where a run has no value; (1, n) for theory
    whole : (seeds, n) the loss of which ``losses`` are all or, as the gap, a part
    time : (n,) the time of every x
    seeded : whether the rows carry seeds, so that their scatter is the noise of the curve
    whole_curves : True if a seed is one run along x, False if every x is a point with seeds of its own
    floor : the mean loss at x = inf where the table has that row, else 0
    parameters : word -> value of the first row
    left_out : reason -> number of rows, e.g. {"diverged": 3}
    """

    x: np.ndarray
    losses: np.ndarray
    whole: np.ndarray
    time: np.ndarray
    seeded: bool
    whole_curves: bool
    floor: float
    parameters: dict
    left_out: Counter

    @property
    def mean(self):
        """(n,) mean over the seeds that have a value."""
        return np.nanmean(self.losses, axis=0)

    @property
    def seeds(self):
        """Number of seeds that every x has at least, 0 for a curve that carries none."""
        return int(np.isfinite(self.losses).sum(axis=0).min()) if self.seeded else 0

    def at(self, kept):
        """The curve at some of its x alone: those where the booleans ``kept`` (n,) are true."""
        arrays = {name: getattr(self, name)[..., kept] for name in ("x", "losses", "whole", "time")}
        return self._replace(**arrays)


def parameter_words(table):
    """The parameter columns of a curves table, in order."""
    return [name for name in table.columns if name not in RECORDED]


def select(table, where, key="where"):
    """Rows of a curves table whose columns have the values of ``where``; ``time`` is left to ``at_time``.

    ``where`` maps words to a number (inf included), a text, null or a list of these. Raises StudyError for a word that
    the table has no column for.
    """
    chosen = np.ones(len(table), bool)
    for word, value in where.items():
        if word == "time":
            continue
        if word not in table.columns:
            known = ", ".join(["kind", "time", *parameter_words(table)])
            raise StudyError("curves", f"{key}.{word}", value, f"the table has {known}")
        values = value if isinstance(value, list | tuple) else [value]
        chosen &= np.logical_or.reduce([_equals(table[word], one) for one in values])
    return table[chosen]


def _equals(column, value):
    if isinstance(value, str):
        return (column == value).fillna(False).to_numpy(bool)
    if pd.isna(value):
        return column.isna().to_numpy()
    numbers = column.to_numpy(float, na_value=np.nan)
    return np.isclose(numbers, value, rtol=1e-9, atol=0.0)


def at_time(rows, time):
    """Of every point's rows those at its grid's time nearest to ``time``, inf at inf alone; none if all are far."""
    times = rows["time"].to_numpy(float)
    if np.isinf(time):
        return rows[np.isinf(times)]
    rows = rows[np.isfinite(times) & (times > 0)]
    distance = np.abs(np.log(rows["time"] / time))
    nearest = distance.groupby(_points(rows)).transform("min")
    return rows[(distance <= nearest + 1e-9) & (nearest <= np.log(NEAREST_TIME))]


def _points(rows):
    return rows["point"].fillna("").to_numpy() if "point" in rows else np.zeros(len(rows))


def curve(rows, against, of, time=np.inf):
    """The curve of ``of`` against ``against`` ("time" or a parameter word, then at ``time``) that ``rows`` hold.

    Raises
    ------
    Unfitted
        "no_data" if fewer than three x remain, "ambiguous" if the rows hold more than one curve (the words that differ
        are named)
    """
    if against != "time":
        rows = at_time(rows, time)
    given = rows[rows[against].notna()]
    refuse_several_curves(given, against)
    at_infinity = np.isinf(given[against].to_numpy(float))
    limit, _ = usable(given[at_infinity], of)  # a limit that is zero is no floor and no failure
    good, left_out = usable(given[~at_infinity], of)
    finite = good[good[against] > 0]
    left_out += Counter({f"without {against}": len(rows) - len(given), f"at {against} 0": len(good) - len(finite)})
    if finite[against].nunique() < MIN_POINTS:
        raise Unfitted("no_data", f"{finite[against].nunique()} points, {MIN_POINTS} are needed", left_out)
    grid, losses, whole, times = by_seed(finite, against, finite[of], whole_loss(finite, of), finite["time"])
    present = np.isfinite(losses).sum(axis=0)
    # the few runs that outlive the others are no fair draw
    enough = present >= present.max() / 2 if against == "time" else present > 0
    left_out += Counter({"where most seeds have ended": int(present[~enough].sum())})
    parameters = point_parameters(finite)
    return Curve(
        x=grid,
        losses=losses,
        whole=whole,
        time=np.nanmin(times, axis=0),
        seeded=carries_seeds(finite),
        whole_curves=against == "time",
        floor=float(limit[of].mean()) if len(limit) else 0.0,
        parameters=parameters if against == "time" else parameters | {"time": time},
        left_out=left_out,
    ).at(enough)


def refuse_several_curves(rows, against):
    """Raise Unfitted "ambiguous" where ``rows`` hold more than one point, or more than one at a value of a word."""
    if against == "time" and "point" in rows and len(rows) and (rows["point"] == rows["point"].iloc[0]).all():
        return  # they share the digest of all words
    points = rows[parameter_words(rows)].drop_duplicates()
    several = len(points) > 1 if against == "time" else points[against].duplicated().any()
    if several:
        varying = [word for word in points if word != against and points[word].nunique(dropna=False) > 1]
        raise Unfitted("ambiguous", f"several curves match, which differ in {', '.join(varying)}")


def by_seed(rows, x, *values):
    """Columns of rows as matrices: one row a seed, one column a value of ``x``.

    Parameters
    ----------
    rows : frame with the column ``x`` and, where they are seeded, ``seed``
    values : arrays (rows,)

    Returns
    -------
    grid (n,), then for each of ``values`` (seeds, n), NaN where a seed has no value
    """
    seeds = rows["seed"] if "seed" in rows else pd.Series(np.nan, index=rows.index)
    codes, _ = pd.factorize(seeds, use_na_sentinel=False, sort=True)
    grid, column = np.unique(rows[x].to_numpy(float), return_inverse=True)
    matrices = np.full((len(values), codes.max(initial=-1) + 1, len(grid)), np.nan)
    for matrix, one in zip(matrices, values, strict=True):
        matrix[codes, column] = one
    return grid, *matrices


def carries_seeds(rows):
    """Whether rows are runs of seeds, so that their scatter is noise."""
    return "seed" in rows and bool(rows["seed"].notna().any())


def point_parameters(rows):
    """word -> value of the first of ``rows``, NaN where it has none."""
    values = {word: rows[word].iloc[0] for word in parameter_words(rows)}
    return {word: np.nan if value is None else value for word, value in values.items()}
