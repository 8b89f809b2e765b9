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
