"""The laws that a fit may ask for; each makes its rows of the fits table, for every kind of curves."""

import numpy as np

from scalefront.fits import intervals
from scalefront.fits.asked import asked_curve
from scalefront.fits.differences import PARAMETER as DIFFERENCE
from scalefront.fits.differences import relative_difference
from scalefront.fits.estimates import estimate
from scalefront.fits.onset import onsets
from scalefront.fits.ratio import PARAMETER as RATIO
from scalefront.fits.ratio import ratio
from scalefront.fits.rows import POWER_LAW, counts, fitted, kinds, prediction, unfitted
from scalefront.fits.selection import Unfitted, select


def power(curves, name, spec, reach):
    """Rows ``exponent`` and ``prefactor`` of a curve against time or a word."""
    return _power_laws(curves, name, spec, reach, asked_curve, "power")


def onset(curves, name, spec, reach):
    """Rows ``exponent`` and ``prefactor`` of the time of onset against a word."""
    return _power_laws(curves, name, spec, reach, onsets, "onset")


def _power_laws(curves, name, spec, reach, measured_of, law):
    """Rows of the power law of what ``measured_of`` measures, for every kind."""
    against, of, where = spec["against"], spec.get("of", "test_loss"), spec.get("where", {})
    names, predicted, result = ("exponent", "prefactor"), spec.get("predicted"), []
    for kind, rows in kinds(select(curves, where, f"fits.{name}.where"), where):
        told = POWER_LAW | {"fit": name, "kind": kind, "of": of, "against": against, "law": law}
        try:
            asked = measured_of(rows, curves[curves["kind"] == kind], spec, f"{name}.{kind}")
        except Unfitted as error:
            result += unfitted(told, names, predicted, error)
            continue
        bounds = reach and reach(asked.parameters, against)
        found = estimate(asked.measured, spec.get("window", "auto"), bounds, asked.floor)
        result += fitted(told, names, predicted, len(asked.measured.x), found, asked.left_out)
    return result


def difference(curves, name, spec, _):
    """Row ``relative_difference`` of simulation against theory."""
    of, where = spec.get("of", "test_loss"), spec.get("where", {})
    told = {"fit": name, "kind": "simulation", "of": of, "law": DIFFERENCE, "objective": "root mean square"}
    try:
        found = relative_difference(select(curves, where, f"fits.{name}.where"), of, name)
    except Unfitted as error:
        return unfitted(told, (DIFFERENCE,), spec.get("predicted"), error)
    made_by = intervals.BOOTSTRAP if np.isfinite(found.low) else None
    return [told | _number(DIFFERENCE, spec, found, made_by) | counts(found.used, found.left_out)]


def ratio_of_two(curves, name, spec, _):
    """Row ``ratio`` of two losses, for every kind."""
    of, where, result = spec.get("of", "test_loss"), spec.get("where", {}), []
    for kind, rows in kinds(select(curves, where, f"fits.{name}.where"), where):
        told = {"fit": name, "kind": kind, "of": of, "law": RATIO}
        try:
            found = ratio(rows, curves[curves["kind"] == kind], spec, kind, f"{name}.{kind}")
        except Unfitted as error:
            result += unfitted(told, (RATIO,), spec.get("predicted"), error)
            continue
        result.append(told | _number(RATIO, spec, found, found.interval) | counts(2, found.left_out))
    return result


def _number(parameter, spec, found, made_by):
    """Columns of a single number with its interval."""
    level = intervals.LEVEL if made_by == intervals.BOOTSTRAP else np.nan
    told = {"parameter": parameter, "value": found.value, "low": found.low, "high": found.high, "status": "ok"}
    return told | {"interval": made_by, "level": level} | prediction(spec.get("predicted"), parameter, parameter)


LAWS = {"power": power, "relative_difference": difference, "ratio": ratio_of_two, "onset": onset}
