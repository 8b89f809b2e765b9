"""The ratio of two losses: of two points, of two times, of the lowest ones."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.fitting import fit_table

INF = np.inf
TIMES = np.append(np.geomspace(0.1, 1e4, 51), INF)
RATIO = {"of": "test_loss", "law": "ratio", "where": {"samples": 10, "time": INF}, "to": {"samples": 20}}


def rises_again(_, samples, t):
    """t^-1 + (1 - 1/t)^2 2/P beyond t = 1: falls, then rises to 2/P; lowest where 2/P (1 - u)= 1/2, u = 1/t."""
    u = 1 / np.maximum(t, 1)
    return u + 2 / samples * (1 - u) ** 2


@pytest.fixture(scope="module")
def theory(curve_rows):
    return curve_rows(rises_again, samples=[1.0, 10.0, 20.0], times=TIMES)


def ratio(table, fitted, kind="theory", **changes):
    return fitted(fit_table(table, {"one": RATIO | changes})[0], "one", "ratio", kind)


def test_theory_has_the_ratio_itself_for_an_interval(theory, fitted):
    found = ratio(theory, fitted, predicted=2.0)
    assert (found["value"], found["low"], found["high"]) == pytest.approx((2.0,) * 3, rel=1e-12)
    assert found["interval"] == "none: theory has no noise"
    assert (found["status"], found["points_used"], found["predicted"]) == ("ok", 2, 2.0)
    assert pd.isna([found["level"], found["window_low"]]).all()


def test_a_time_is_the_nearest_of_the_grid(theory, fitted):
    near = TIMES[np.argmin(np.abs(np.log(TIMES / 90)))]
    expected = rises_again(0, 10, near) / rises_again(0, 20, near)
    assert ratio(theory, fitted, where={"samples": 10, "time": 90}).value == pytest.approx(expected, rel=1e-12)


def test_lowest_is_the_lowest_of_each_curve_over_finite_times(theory, fitted):
    """P = 1: L = u + 2 (1 - u)^2 is lowest at u = 3/4, 7/8; the grid has it to second order, 0.5 (u - 3/4)^2 x 4."""
    found = ratio(theory, fitted, where={"samples": 1, "time": INF}, to={"time": "lowest"})
    assert found["value"] == pytest.approx(2 / (7 / 8), rel=0.02)
    lowest = {p: rises_again(0, p, TIMES[:-1]).min() for p in (1.0, 10.0)}
    both = ratio(theory, fitted, where={"samples": 1, "time": "lowest"}, to={"samples": 10.0})
    assert both["value"] == pytest.approx(lowest[1.0] / lowest[10.0], rel=1e-12)


def test_other_words_are_those_of_the_point(curve_rows, fitted):
    """where names the noise, which picks one point; its other words stay those of this point."""
    tables = [curve_rows(rises_again, samples=[10.0], times=TIMES, label_noise=0.5)]
    tables += [curve_rows(lambda *a: 3 * rises_again(*a), samples=[10.0, 20.0], times=TIMES, label_noise=0.0)]
    found = ratio(pd.concat(tables), fitted, where={"label_noise": 0.5, "time": INF}, to={"label_noise": 0.0})
    assert found["value"] == pytest.approx(1 / 3, rel=1e-12)


def test_a_simulated_ratio_has_the_spread_of_both_means(curve_rows, fitted):
    """Two means of 64 seeds with scatter 4 %: the 95 % interval of the ratio is 2 x 2.0 x sqrt(2) x 4 %/8 wide."""
    runs = curve_rows(rises_again, samples=[10.0, 20.0], times=TIMES, seeds=64, scatter=0.04)
    found = ratio(runs, fitted, "simulation")
    assert found["interval"] == "bootstrap over seeds"
    assert found["low"] < 2.0 < found["high"]
    assert (found["high"] - found["low"]) / 2.0 == pytest.approx(4 * np.sqrt(2) * 0.04 / 8, rel=0.2)


def test_one_point_at_two_times_is_drawn_again_together(curve_rows, fitted):
    """A factor common to a whole run cancels in the ratio of two of its times."""
    runs = curve_rows(rises_again, samples=[1.0], times=TIMES, seeds=16, scatter=0.3)
    found = ratio(runs, fitted, "simulation", where={"samples": 1, "time": INF}, to={"time": "lowest"})
    assert found["high"] - found["low"] < 1e-9


def test_few_seeds_give_a_ratio_without_an_interval(curve_rows, fitted):
    runs = curve_rows(rises_again, samples=[10.0, 20.0], times=TIMES, seeds=4, scatter=0.04)
    found = ratio(runs, fitted, "simulation")
    assert np.isfinite(found["value"]) and pd.isna([found["low"], found["interval"]]).all()


def test_a_ratio_of_several_points_or_of_none_is_not_made(theory, fitted):
    assert ratio(theory, fitted, where={"time": INF})["status"] == "ambiguous"
    assert ratio(theory, fitted, to={"samples": 7.0})["left_out_because"] == "no such curve"
