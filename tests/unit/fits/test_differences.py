"""Simulation against theory: the RMS of their relative difference."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.differences import relative_difference
from scalefront.fits.selection import Unfitted

TIMES = [1.0, 10.0, np.inf]


def rows(kind, points, seeds, loss):
    table = pd.DataFrame(
        [(kind, p, s, t) for p in points for s in seeds for t in TIMES], columns=["kind", "point", "seed", "time"]
    )
    return table.assign(test_loss=[loss(row) for row in table.itertuples()], status="ok")


def test_a_constant_ratio_is_its_own_rms():
    theory = rows("theory", "ab", [None], lambda _: 2.0)
    runs = rows("simulation", "abc", range(8), lambda _: 2.06)
    found = relative_difference(pd.concat([theory, runs]), "test_loss", "fit")
    assert (found.value, found.low, found.high) == pytest.approx((0.03,) * 3)
    assert found.used == 4  # two points with theory, two finite times
    assert found.left_out == {"in one kind only": 2}


def test_points_may_have_times_of_their_own():
    """Steps of different sizes: each point is compared at its own times."""
    theory, runs = rows("theory", "ab", [None], lambda _: 2.0), rows("simulation", "ab", range(8), lambda _: 2.06)
    for table in (theory, runs):
        table.loc[table["point"] == "b", "time"] *= 0.7
    found = relative_difference(pd.concat([theory, runs]), "test_loss", "fit")
    assert (found.value, found.used) == (pytest.approx(0.03), 4)


def test_the_gap_of_simulations_is_compared_with_that_of_theory():
    """Gaps 1.1 and 1.0; the second point has infinite samples and no gap in either kind."""
    theory, runs = rows("theory", "ab", [None], lambda _: 2.0), rows("simulation", "ab", range(8), lambda _: 2.1)
    both = pd.concat([theory, runs], ignore_index=True).assign(train_loss=1.0, label_noise=0.0)
    both.loc[both["point"] == "b", "train_loss"] = both["test_loss"]
    found = relative_difference(both, "gap", "fit")
    assert (found.value, found.used) == (pytest.approx(0.1), 2)


def test_noise_alone_gives_an_interval_that_reaches_zero():
    rng = np.random.default_rng(0)
    theory = rows("theory", "abcdefgh", [None], lambda _: 2.0)
    runs = rows("simulation", "abcdefgh", range(16), lambda _: 2.0 * (1 + 0.04 * rng.normal()))
    found = relative_difference(pd.concat([theory, runs]), "test_loss", "fit")
    assert found.value == pytest.approx(0.01, rel=0.4)  # 0.04/sqrt(16)
    assert found.low < 0.005
    assert found.value <= found.high < 0.02


def test_few_seeds_give_a_value_without_an_interval():
    runs = rows("simulation", "a", range(3), lambda _: 2.2)
    found = relative_difference(pd.concat([rows("theory", "a", [None], lambda _: 2.0), runs]), "test_loss", "fit")
    assert found.value == pytest.approx(0.1)
    assert np.isnan([found.low, found.high]).all()


def test_one_kind_alone_is_no_data():
    with pytest.raises(Unfitted, match="no point and time has both kinds"):
        relative_difference(rows("theory", "a", [None], lambda _: 2.0), "test_loss", "fit")
