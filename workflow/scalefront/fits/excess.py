"""What a curve has in excess of a reference: the loss of the same study, at the same times, with some words replaced.

The loss of N features beyond that of infinitely many is the excess over {width: inf}. Both are read from the table; a
reference that has the time of the curve (up to SAME_TIME) is taken as it is, another one is interpolated between its
times and never beyond them.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from scipy.interpolate import PchipInterpolator

from scalefront.fits import intervals
from scalefront.fits.estimates import Measured, told_from_zero
from scalefront.fits.losses import ROUNDING, usable
from scalefront.fits.selection import Curve, Unfitted, by_seed, carries_seeds, parameter_words, select

SAME_TIME = 1e-9
INTERPOLATION = 1e-4  # of the loss: what PCHIP leaves open at ten times a decade


class Part(NamedTuple):
    """The reference of some of a curve's x: that of one point.

    Attributes
    ----------
    columns : indices (m,) of the x
    losses : (seeds, m), NaN where a run has no value
    seeds : number of seeds that every column has at least, 0 where they carry none
    point : text that names the point
    """

    columns: np.ndarray
    losses: np.ndarray
    seeds: int
    point: str


class Excess(NamedTuple):
    """A curve and its reference.

    Attributes
    ----------
    curve : Curve, at the x that the reference reaches
    parts : the Parts of the reference, which cover these x
    uncertain : (n,) share of the loss below which a difference is rounding, or left open by interpolation
    floor : the excess at x = inf, 0 where the table does not have it
    left_out : reason -> number of points
    """

    curve: Curve
    parts: tuple
    uncertain: np.ndarray
    floor: float
    left_out: Counter

    @property
    def reference(self):
        """(n,) mean over seeds of the reference."""
        return self._joined(lambda part: np.nanmean(part.losses, axis=0))

    @property
    def seeds(self):
        """Number of seeds that curve and reference have at least, 0 where they carry none."""
        return min(self.curve.seeds, *(part.seeds for part in self.parts))

    def drawn_again(self, name, part=""):
        """Curve and reference drawn again from their seeds, independently, (R, n) each; None where these are too few.

        ``name`` seeds the draws, of the curve together with ``part``: a reference that several parts of a fit share is
        drawn alike in all of them.
        """
        if self.seeds < intervals.MIN_SEEDS:
            return None
        curve = self.curve
        own = intervals.resampled_means(curve.losses, intervals.generator(name + part), curve.whole_curves)

        def drawn(one):
            return intervals.resampled_means(one.losses, intervals.generator(f"{name} over {one.point}"))

        return own, self._joined(drawn)

    def _joined(self, of_part):
        made = [of_part(part) for part in self.parts]
        result = np.empty((*made[0].shape[:-1], len(self.curve.x)))
        for part, values in zip(self.parts, made, strict=True):
            result[..., part.columns] = values
        return result


def over_reference(curve, table, of, against, over):
    """A curve beside the reference in which the words ``over`` are replaced.

    Parameters
    ----------
    curve : Curve of ``of`` against ``against``
    table : curves table of one kind, which holds the reference
    over : word -> value

    Returns
    -------
    Excess

    Raises
    ------
    Unfitted
        "no_data" where the table does not hold the reference
    """
    pieces = []
    for columns, conditions in _reference_points(curve, table, against, over):
        rows = select(table, conditions)
        if rows.empty:
            raise Unfitted("no_data", "there is no curve with " + point_name(over))
        pieces.append((columns, *losses_at(rows, of, curve.time[columns]), carries_seeds(rows), conditions))
    reached, uncertain = np.zeros(len(curve.x), bool), np.empty(len(curve.x))
    for columns, losses, same, *_ in pieces:
        reached[columns] = np.isfinite(losses).any(axis=0)
        uncertain[columns] = np.where(same, ROUNDING, INTERPOLATION)
    if not reached.any():
        raise Unfitted("no_data", "the reference has none of the curve's times", curve.left_out)
    parts = [_part(columns, losses, seeded, at, reached) for columns, losses, _, seeded, at in pieces]
    left_out = curve.left_out + Counter({"outside the times of the reference": int((~reached).sum())})
    floor = _floor(curve, table, of, against, over)
    return Excess(curve.at(reached), tuple(filter(None, parts)), uncertain[reached], floor, left_out)


def _reference_points(curve, table, against, over):
    """(indices of x, word -> value of the reference's point): one for all x, or one for each."""
    own = {word: curve.parameters[word] for word in parameter_words(table)}
    everything = np.arange(len(curve.x))
    if against == "time" or against in over:
        return [(everything, own | over)]
    return [(everything[[i]], own | {against: x} | over) for i, x in enumerate(curve.x)]


def _part(columns, losses, seeded, conditions, reached):
    """The Part at those columns that are reached, counted among all that are; None where it reaches none."""
    kept = reached[columns]
    if not kept.any():
        return None
    seeds = int(np.isfinite(losses[:, kept]).sum(axis=0).min()) if seeded else 0
    return Part(np.cumsum(reached)[columns[kept]] - 1, losses[:, kept], seeds, point_name(conditions))


def point_name(parameters):
    """Words and values as one text, e.g. ``width inf, samples 64.0``."""
    return ", ".join(f"{word} {value}" for word, value in parameters.items())


def _floor(curve, table, of, against, over):
    """The excess at infinite x: the limit of the curve beyond that of the reference."""
    if not curve.floor or against in over:
        return 0.0
    own = {word: curve.parameters[word] for word in parameter_words(table)}
    rows = select(table, own | ({} if against == "time" else {against: np.inf}) | over)
    losses, _ = losses_at(rows, of, np.array([np.inf if against == "time" else curve.time[-1]]))
    rest = curve.floor - np.nanmean(losses) if np.isfinite(losses).any() else 0.0
    return float(rest) if rest > ROUNDING * curve.floor else 0.0


def losses_at(rows, of, time):
    """Losses of one point at given times.

    In log t they are interpolated by PCHIP, log L where all of a run are positive, else L itself (a gap may have either
    sign).

    Parameters
    ----------
    rows : curves table of one point
    time : (m,) inf allowed

    Returns
    -------
    losses : (seeds, m), NaN outside the times of a run
    same : (m,) whether the table has this time
    """
    good, _ = usable(rows, of)
    grid, losses = by_seed(good, "time", good[of])
    if not len(grid):
        return np.full((1, len(time)), np.nan), np.ones(len(time), bool)
    place = np.minimum(np.searchsorted(grid, time * (1 - SAME_TIME)), len(grid) - 1)
    same = np.isclose(grid[place], time, rtol=SAME_TIME, atol=0)
    found = losses[:, place]
    if not same.all():
        found[:, ~same] = np.stack([_between(grid, one, time[~same]) for one in losses])
    return found, same


def _between(grid, losses, time):
    """(m,) losses of one run (n,) between its times."""
    known = np.isfinite(losses) & np.isfinite(grid) & (grid > 0)
    if known.sum() < 2:
        return np.full(len(time), np.nan)
    positive = (losses[known] > 0).all()
    values = np.log(losses[known]) if positive else losses[known]
    found = PchipInterpolator(np.log(grid[known]), values, extrapolate=False)(np.log(time))
    return np.exp(found) if positive else found


def measured_excess(excess, name):
    """Measured excess, mean over seeds minus that of the reference, and a Counter of the points left out of it.

    Differences within rounding (or interpolation) of zero are left out, and those that are not told from zero.
    """
    curve, difference = excess.curve, excess.curve.mean - excess.reference
    beyond = np.abs(difference) > excess.uncertain * np.nanmean(curve.whole, axis=0)
    drawn = excess.drawn_again(name)
    again = None if drawn is None else (drawn[0] - drawn[1])[:, beyond]
    measured, left_out = told_from_zero(Measured(curve.x[beyond], difference[beyond], again, excess.seeds))
    return measured, left_out + Counter({"within rounding of the reference": int((~beyond).sum())})
