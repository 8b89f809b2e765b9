"""The compute-optimal frontier of a study: optima with their ranges, and their scaling with compute and with data."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.fits.binding import DATA, Lifted, binding_compute, binds, lowerings
from scalefront.fits.envelope import compute_grid
from scalefront.fits.estimates import Estimate, Measured, estimate
from scalefront.fits.optima import QUANTITIES, cost_of, find_optima, least, mean_curves
from scalefront.fits.selection import MIN_POINTS, Unfitted
from scalefront.fits.size_curves import SizeCurves, size_curves
from scalefront.fits.windows import within

LIFTED = "lifted "  # before a word: the column that says by how much log L falls where its limit is lifted


class Exponents(NamedTuple):
    """Power laws in compute of the optima of one budget.

    Attributes
    ----------
    budget : largest number of samples, NaN for a frontier without budgets
    laws : "size" | "time" | "loss" -> Estimate
    fitted : number of optima among which a window was looked for
    left_out : reason -> number of rows of curves, or of optima that no exponent is fitted to
    """

    budget: float
    laws: dict
    fitted: int
    left_out: Counter


class Binding(NamedTuple):
    """The power law, in the budget, of the compute from which on samples bind: an Estimate, or why there is none."""

    law: Estimate | Unfitted
    fitted: int
    left_out: Counter


class Frontier(NamedTuple):
    """The frontier of one kind.

    Attributes
    ----------
    points : frame of budget, compute; size, time, samples, loss, each with _low and _high; edge, binds
    exponents : Exponents, ascending in the budget; one without budgets
    binding : Binding, None without budgets
    """

    points: pd.DataFrame
    exponents: tuple
    binding: Binding | None


def envelope_frontier(rows, table, spec, reach, name):
    """Frontier of the rows of one kind, by the envelope over sizes.

    Parameters
    ----------
    rows : curves table of one kind, the rows that the frontier selects
    table : all rows of this kind, among which what binds is looked for
    spec : ``{size: word, compute: [words], of: test_loss, budget: samples or None}``; compute is the product of the
        columns, the size and ``time`` among them, the others constant
    reach : (parameters, word) -> (low, high) or None, or None altogether; it is asked for the reach of the size at
        infinite time and of time at infinite size, as near the frontier size and time bend each other
    name : seeds the resamples

    Returns
    -------
    Frontier

    Raises
    ------
    Unfitted
        where fewer than three sizes have a curve, or several frontiers match
    """
    groups, left_out = _groups(rows, spec)
    optima = _optima(groups, table, spec, name)
    parameters = groups[0].found.curves[0].parameters
    reaches = _reaches(reach, parameters, spec["size"])
    frames, exponents = [], []
    for number, group in enumerate(groups):
        chosen = least(optima[: number + 1])
        points = chosen.points.assign(budget=group.budget, binds=_binds(chosen.points))
        left_out = left_out + group.found.left_out
        exponents.append(_exponents(chosen, points, reaches, left_out))
        frames.append(points)
    binding = None
    if spec.get("budget") is not None:
        binding = _binding(frames, optima[0].seeds, reach and reach(parameters, DATA))
    points = pd.concat(frames, ignore_index=True)
    return Frontier(points[np.isfinite(points["size"])].reset_index(drop=True), tuple(exponents), binding)


class _Group(NamedTuple):
    """Curves of one number of samples: the budget that it is, NaN for none; SizeCurves; their rows of the table."""

    budget: float
    found: SizeCurves
    rows: pd.DataFrame


def _groups(rows, spec):
    """The _Groups, ascending in the budget, one without budgets; and a Counter of the rows that are in none."""
    size, of = spec["size"], spec.get("of", "test_loss")
    if spec.get("budget") is None:
        return [_Group(np.nan, size_curves(rows, size, of), rows)], Counter()
    groups, left_out = [], Counter()
    for budget, group in rows[np.isfinite(rows[DATA].to_numpy(float, na_value=np.nan))].groupby(DATA):
        try:
            groups.append(_Group(float(budget), size_curves(group, size, of), group))
        except Unfitted as error:
            if error.status == "ambiguous":
                raise
            left_out += Counter({f"of samples with too few {size}s": len(group)})
    if not groups:
        raise Unfitted("no_data", "no finite number of samples has curves of three sizes", left_out)
    return groups, left_out


def _optima(groups, table, spec, name):
    """Optima of every group on one grid of compute, with by how much lifting each limit would lower the loss."""
    size, of = spec["size"], spec.get("of", "test_loss")
    costs = [cost_of(spec["compute"], size, group.found.curves[0].parameters) for group in groups]
    grids = [compute_grid(mean_curves(group.found), cost) for group, cost in zip(groups, costs, strict=True)]
    compute, lifted = np.unique(np.concatenate(grids)), Lifted(table, size, groups[0].found.curves[0].parameters, of)
    optima = []
    for group, cost in zip(groups, costs, strict=True):
        seeded_by = name if np.isnan(group.budget) else f"{name} {DATA} {group.budget:g}"
        one = find_optima(group.found, cost, compute, group.rows, seeded_by)
        fallen = lowerings(one.points, group.found, lifted)
        points = one.points.assign(**{LIFTED + word: values for word, values in fallen.items()})
        optima.append(one._replace(points=points))
    return optima


def _fallen(points):
    """Word -> (C,) by how much log L falls where its limit is lifted."""
    return {name.removeprefix(LIFTED): points[name].to_numpy() for name in points if name.startswith(LIFTED)}


def _binds(points):
    return pd.array(binds(_fallen(points)), dtype="str")


def _reaches(reach, parameters, size):
    unbounded = parameters | {size: np.inf, "time": np.inf}
    words = {"size": size, "time": "time"}
    return {name: (reach and reach(unbounded, word)) or (0.0, np.inf) for name, word in words.items()}


def _exponents(chosen, points, reaches, left_out):
    """Exponents of the optima that are inside the grid and in reach and, with a budget, not bound by it."""
    reasons = _reasons(points, reaches)
    kept = np.isfinite(points["size"].to_numpy()) & ~np.logical_or.reduce(list(reasons.values()))
    again = chosen.again
    laws = {
        quantity: _law(points[kept], quantity, None if again is None else getattr(again, quantity)[kept], chosen.seeds)
        for quantity in QUANTITIES
    }
    counts = Counter({reason: int(which.sum()) for reason, which in reasons.items()})
    return Exponents(float(points["budget"].iloc[0]), laws, int(kept.sum()), left_out + counts)


def _reasons(points, reaches):
    """Reason -> (C,) which optima are left out for it, each for the first one alone."""
    inside = np.logical_and.reduce([within(points[name].to_numpy(), bounds) for name, bounds in reaches.items()])
    reasons = {"on the edge of the grid": points["edge"].to_numpy(bool), "out of reach": ~inside}
    if points["budget"].notna().any():
        bound = points["binds"]
        reasons |= {"where samples bind": (bound == DATA).fillna(False).to_numpy(bool)}
        reasons |= {"where it is not told what binds": bound.isna().to_numpy()}
    rest, first = np.isfinite(points["size"].to_numpy()), {}
    for reason, which in reasons.items():
        first[reason], rest = rest & which, rest & ~which
    return first


def _law(points, quantity, again, seeds):
    """Estimate of the power law of one quantity (C,) in compute; the reach is already applied to the points."""
    resampled = None if again is None else again.T
    measured = Measured(points["compute"].to_numpy(), points[quantity].to_numpy(), resampled, seeds)
    return estimate(measured, "auto", reach=(0.0, np.inf))


def _binding(frames, seeds, bounds):
    """The Binding of all budgets; that of simulations has no interval, as what binds is read off their means."""
    budgets = np.array([points["budget"].iloc[0] for points in frames])
    compute = np.array([binding_compute(points, _margin(points)) for points in frames])
    known = np.isfinite(compute)
    left_out = Counter({"budgets at which samples are not seen to begin to bind": int((~known).sum())})
    if known.sum() < MIN_POINTS:
        reason = f"{known.sum()} budgets at which samples begin to bind, {MIN_POINTS} are needed"
        return Binding(Unfitted("no_data", reason, left_out), 0, left_out)
    measured = Measured(budgets[known], compute[known], None, seeds)
    return Binding(estimate(measured, "auto", bounds), int(known.sum()), left_out)


def _margin(points):
    """(C,) by how much log L falls further at infinite samples than for any other limit, NaN where it is not told."""
    fallen = _fallen(points)
    return fallen.pop(DATA) - np.maximum.reduce(list(fallen.values()))
