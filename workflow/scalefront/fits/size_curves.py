"""The curves that a frontier compares: one of loss against time for every finite size."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalefront.fits.selection import Unfitted, curve, parameter_words, point_parameters

MIN_SIZES = 3
READ = ("seed", "time", "test_loss", "train_loss", "label_noise", "status")  # columns that a curve is made of


class SizeCurves(NamedTuple):
    """Curves by size.

    Attributes
    ----------
    sizes : (k,) ascending, k >= 3
    curves : k Curves against time
    left_out : reason -> number of rows
    """

    sizes: np.ndarray
    curves: tuple
    left_out: Counter

    @property
    def seeds(self):
        """Number of seeds that every size has, 0 where the curves carry none."""
        return min(one.seeds for one in self.curves)


def size_curves(rows, size, of):
    """The curve of every finite size; where other words vary at one size, those of the group that has most sizes.

    Parameters
    ----------
    rows : curves table of one kind
    size : parameter word
    of : loss column

    Raises
    ------
    Unfitted
        "no_data" for fewer than three sizes, "ambiguous" where two groups have equally many
    """
    finite = rows[np.isfinite(rows[size].to_numpy(float, na_value=np.nan))]
    chosen, left_out = _largest_group(finite, size)
    # no word varies at one size: what a curve is made of is carried along alone, which saves a quarter of the time
    read = [name for name in chosen if name in (size, *READ)]
    sizes, curves = [], []
    for value, group in chosen.groupby(size):
        try:
            curves.append(curve(group[read], "time", of)._replace(parameters=point_parameters(group)))
        except Unfitted as error:
            left_out += error.left_out
            continue
        sizes.append(float(value))
        left_out += curves[-1].left_out
    if len(sizes) < MIN_SIZES:
        raise Unfitted("no_data", f"{len(sizes)} sizes with a curve, {MIN_SIZES} are needed", left_out)
    return SizeCurves(np.array(sizes), tuple(curves), left_out)


def _largest_group(rows, size):
    """Rows of the group with most sizes, among those that differ in other words, and a Counter of the rest."""
    words = [word for word in parameter_words(rows) if word != size]
    points = rows[[size, *words]].drop_duplicates()
    varying = [word for word in words if points.groupby(size)[word].nunique(dropna=False).gt(1).any()]
    if not varying:
        return rows, Counter()
    group = points.groupby(varying, dropna=False).ngroup()
    sizes = points[size].groupby(group).nunique()
    if (sizes == sizes.max()).sum() > 1:
        raise Unfitted("ambiguous", f"several frontiers match, which differ in {', '.join(varying)}")
    values = points.loc[group == sizes.idxmax(), varying].iloc[0]
    alike = [(rows[word] == values[word]) | (rows[word].isna() & pd.isna(values[word])) for word in varying]
    chosen = rows[np.logical_and.reduce(alike)]
    place = ", ".join(f"{word} {_shown(values[word])}" for word in varying)
    return chosen, Counter({f"not at {place}, which has most sizes": len(rows) - len(chosen)})


def _shown(value):
    return value if isinstance(value, str) else f"{value:g}"
