"""Rows of the fits table and of the frontier table for a compute-optimal frontier, for every kind of curves."""

from scalefront.fits.binding import DATA
from scalefront.fits.frontier import envelope_frontier
from scalefront.fits.optima import QUANTITIES
from scalefront.fits.rows import POWER_LAW, fitted, kinds, unfitted
from scalefront.fits.selection import Unfitted, select

METHODS = {"envelope": envelope_frontier}
BINDING = ("binding_exponent", "binding_prefactor")


def frontier_rows(curves, name, method, spec, reach):
    """Rows of both tables.

    The fit ``name`` is that of the whole frontier or, with budgets, of the largest one; every budget D then has its
    own, too: ``name.samples-D``.

    Parameters
    ----------
    curves : curves table of one study
    name : of the fit, e.g. ``frontier.envelope``
    method : name of the method
    spec, reach : as of ``envelope_frontier``, with ``where`` and ``predicted``

    Returns
    -------
    two lists of dicts
    """
    where, predicted, with_budgets = spec.get("where", {}), spec.get("predicted"), spec.get("budget") is not None
    result, points = [], []
    for kind, rows in kinds(select(curves, where, "frontier.where"), where):
        told = POWER_LAW | {"fit": name, "kind": kind, "against": "compute"}
        try:
            found = METHODS[method](rows, curves[curves["kind"] == kind], spec, reach, f"{name}.{kind}")
        except Unfitted as error:
            for names, of in _laws(spec):
                result += unfitted(told | {"of": of}, names, predicted, error)
            if with_budgets:
                result += unfitted(told | {"of": "compute", "against": "budget"}, BINDING, predicted, error)
            continue
        fits = [budget_fit(name, budget) for budget in found.points["budget"]] if with_budgets else name
        points += found.points.assign(kind=kind, method=method, fit=fits).to_dict("records")
        named = [(name, found.exponents[-1])]
        if with_budgets:
            named += [(budget_fit(name, one.budget), one) for one in found.exponents]
            result += _binding(told, predicted, found.binding)
        for fit, exponents in named:
            result += _exponents(told | {"fit": fit}, spec, exponents)
    return result, points


def budget_fit(name, budget):
    """Name of the fit of one budget, e.g. ``frontier.envelope.samples-1000``."""
    return f"{name}.{DATA}-{budget:.0f}"


def _laws(spec):
    """((exponent, prefactor) as the table names them, what they are of) for size, time and loss."""
    columns = (spec["size"], "time", spec.get("of", "test_loss"))
    return [
        ((f"{quantity}_exponent", f"{quantity}_prefactor"), of)
        for quantity, of in zip(QUANTITIES, columns, strict=True)
    ]


def _exponents(told, spec, exponents):
    rows = []
    for quantity, (names, of) in zip(QUANTITIES, _laws(spec), strict=True):
        law = exponents.laws[quantity]
        rows += fitted(told | {"of": of}, names, spec.get("predicted"), exponents.fitted, law, exponents.left_out)
    return rows


def _binding(told, predicted, binding):
    told = told | {"of": "compute", "against": "budget"}
    if isinstance(binding.law, Unfitted):
        return unfitted(told, BINDING, predicted, binding.law)
    return fitted(told, BINDING, predicted, binding.fitted, binding.law, binding.left_out)
