"""When a share of the loss sets in: the first time at which it reaches a threshold, for every value of a word."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from scalefront.fits import intervals
from scalefront.fits.estimates import Measured
from scalefront.fits.excess import over_reference
from scalefront.fits.selection import MIN_POINTS, Unfitted, curve


class Onsets(NamedTuple):
    """Times of onset against a word.

    Attributes
    ----------
    measured : Measured, of the time of onset
    parameters : word -> value of one of the curves
    left_out : reason -> number of rows, points or values of the word
    floor : 0, as times fall to none
    """

    measured: Measured
    parameters: dict
    left_out: Counter
    floor: float = 0.0


class Share(NamedTuple):
    """A share of the loss along one curve: (n,) times, (n,) values, (R, n) resamples or None, seeds, parameters."""

    time: np.ndarray
    value: np.ndarray
    resampled: np.ndarray | None
    seeds: int
    parameters: dict
    left_out: Counter


def onsets(rows, table, spec, name):
    """The time at which the share first reaches ``spec["threshold"]``, for every finite value of a word.

    The share is excess/reference where the fit is over a reference, else gap/(test_loss + label_noise^2). A value whose
    curve never reaches the threshold, starts above it, or does either in a resample, is left out.

    Parameters
    ----------
    rows : curves table of one kind, the rows that the fit selects
    table : all rows of this kind, among which a reference is looked for
    spec : ``{of, against, threshold, excess_over}`` as in a study
    name : seeds the resamples

    Returns
    -------
    Onsets

    Raises
    ------
    Unfitted
        where fewer than three values have an onset, or a value has several curves
    """
    against, threshold, left_out = spec["against"], spec["threshold"], Counter()
    values, shares = [], []
    for value, group in rows[np.isfinite(rows[against].to_numpy(float, na_value=np.nan))].groupby(against):
        try:
            share = _share(group, table, spec, name, f" {against} {value}")
        except Unfitted as error:
            if error.status == "ambiguous":
                raise
            left_out += error.left_out + Counter({f"values of {against} without a curve": 1})
            continue
        reason = _no_onset(share, threshold)
        left_out += share.left_out + Counter({f"values of {against} {reason}": 1} if reason else {})
        if not reason:
            values, shares = [*values, float(value)], [*shares, share]
    if len(values) < MIN_POINTS:
        raise Unfitted("no_data", f"{len(values)} values with an onset, {MIN_POINTS} are needed", left_out)
    return Onsets(_measured(values, shares, threshold), shares[0].parameters, left_out)


def _no_onset(share, threshold):
    """Why a share has no onset, empty where it has one."""
    if np.isfinite(first_reached(share.time, share.value, threshold)):
        again = share.resampled
        seen = again is None or np.isfinite(first_reached(share.time, again, threshold)).all()
        return "" if seen else f"that miss {threshold:g} in a resample"
    return f"that start above {threshold:g}" if share.value[0] >= threshold else f"that never reach {threshold:g}"


def _measured(values, shares, threshold):
    times = [float(first_reached(share.time, share.value, threshold)) for share in shares]
    again = None
    if all(share.resampled is not None for share in shares):
        again = np.column_stack([first_reached(share.time, share.resampled, threshold) for share in shares])
    return Measured(np.array(values), np.array(times), again, min(share.seeds for share in shares))


def first_reached(time, share, threshold):
    """First time at which a share reaches a threshold that it starts below.

    Between two times of the grid the share is a power of time, or where it starts from zero or below linear in log t.

    Parameters
    ----------
    time : (n,) positive, ascending
    share : (..., n)
    threshold : positive

    Returns
    -------
    (...), NaN where the share starts above the threshold or never reaches it
    """
    reached = share >= threshold
    first = reached.argmax(axis=-1)
    known = (first > 0) & reached.any(axis=-1)
    after = np.where(known, first, 1)[..., None]
    low, high = (np.take_along_axis(share, place, -1)[..., 0] for place in (after - 1, after))
    with np.errstate(divide="ignore", invalid="ignore"):
        in_logs, linear = np.log(threshold / low) / np.log(high / low), (threshold - low) / (high - low)
    fraction = np.where(low > 0, in_logs, linear)
    u, place = np.log(time), after[..., 0]
    return np.where(known, np.exp(u[place - 1] + fraction * (u[place] - u[place - 1])), np.nan)


def _share(group, table, spec, name, part):
    """The Share of the curve in ``group``."""
    of, over = spec.get("of", "test_loss"), spec.get("excess_over")
    found = curve(group, "time", of)
    if not over:
        return _share_of_whole(found, name + part)
    excess = over_reference(found, table, of, "time", over)
    drawn = excess.drawn_again(name, part)
    again = None if drawn is None else _relative(drawn[0] - drawn[1], drawn[1])
    value = _relative(excess.curve.mean - excess.reference, excess.reference)
    return Share(excess.curve.x, value, again, excess.seeds, found.parameters, excess.left_out)


def _share_of_whole(found, name):
    """The Share of a curve in the loss that it is a part of; both are drawn again together."""
    again = None
    if found.seeds >= intervals.MIN_SEEDS:
        both = intervals.resampled_means(np.hstack([found.losses, found.whole]), intervals.generator(name))
        again = _relative(*np.hsplit(both, 2))
    value = _relative(found.mean, np.nanmean(found.whole, axis=0))
    return Share(found.x, value, again, found.seeds, found.parameters, found.left_out)


def _relative(part, whole):
    """part/whole, NaN where the whole is not positive."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
