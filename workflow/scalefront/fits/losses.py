"""What a fit is of: a column of losses, or the generalization gap, which is made of two of them."""

from collections import Counter

import numpy as np
import pandas as pd

GAP = "gap"
ROUNDING = 1e-9  # theory is good to 1e-11 of the loss: of two losses a difference below this share of them is rounding


def noisy_test_loss(rows):
    """(n,) test_loss + label_noise^2: the loss on fresh data with labels as noisy as those of training."""
    noise = rows["label_noise"].to_numpy(float, na_value=0.0) if "label_noise" in rows else 0.0
    return rows["test_loss"].to_numpy(float, na_value=np.nan) + noise**2


def usable(rows, of):
    """Rows from which ``of`` can be read, which is then a column of theirs; and a Counter of why the others cannot.

    Their status is "ok". A loss is positive and finite; the gap is finite, of either sign (seeds scatter about it), and
    larger than ROUNDING of the loss that it is the difference of.
    """
    status = rows["status"].fillna("ok") if "status" in rows else pd.Series("ok", index=rows.index)
    well = (status == "ok").to_numpy(bool)
    if of == GAP:
        whole = noisy_test_loss(rows)
        values, missing = whole - rows["train_loss"].to_numpy(float, na_value=np.nan), "without a gap beyond rounding"
        rows = rows.assign(**{GAP: values})
        sound = np.isfinite(values) & (np.abs(values) > ROUNDING * whole)
    else:
        values, missing = rows[of].to_numpy(float, na_value=np.nan), f"without a positive {of}"
        sound = np.isfinite(values) & (values > 0)
    left_out = Counter(status[~well].tolist())
    left_out[missing] = int((well & ~sound).sum())
    return rows[well & sound], +left_out


def whole_loss(rows, of):
    """(n,) the loss of which ``of`` is all or, as the gap, a part: what rounding and shares are relative to."""
    return noisy_test_loss(rows) if of == GAP else rows[of].to_numpy(float)
