"""Excess over a reference, on L = t^-0.4 + N^-1 t^0.4 where the answer is written down, and its bootstrap."""

import numpy as np
import pandas as pd
import pytest
from scalefront.fits.excess import INTERPOLATION, losses_at, over_reference
from scalefront.fits.fitting import fit_table
from scalefront.fits.selection import curve

INF = np.inf
WIDTHS = 16.0 * 2.0 ** np.arange(9)
TIMES = np.geomspace(0.1, 1e6, 71)
EARLY = {"of": "test_loss", "against": "width", "law": "power", "excess_over": {"width": INF}, "where": {"time": 1.0}}


def loss(width, _, t):
    return t**-0.4 + t**0.4 / width


@pytest.fixture(scope="module")
def theory(curve_rows):
    return curve_rows(loss, [*WIDTHS, INF], times=TIMES)


def test_the_early_correction_in_width_is_minus_one(theory, fitted):
    found, _ = fit_table(theory, {"early": EARLY, "loss": EARLY | {"excess_over": None, "window": [16, 4096]}})
    assert fitted(found, "early")["value"] == pytest.approx(-1.0, abs=1e-9)
    assert fitted(found, "early", "prefactor")["value"] == pytest.approx(1.0, rel=1e-9)
    assert fitted(found, "loss")["value"] > -0.1  # the loss itself hardly depends on the width yet


def test_an_excess_against_time_grows_as_it_was_made(theory, fitted):
    spec = {"of": "test_loss", "against": "time", "law": "power", "excess_over": {"width": INF}, "where": {"width": 64}}
    assert fitted(fit_table(theory, {"growth": spec})[0], "growth")["value"] == pytest.approx(0.4, abs=1e-9)


def test_a_reference_of_another_word_is_that_of_each_width(curve_rows, fitted):
    """L = N^-0.5 + P^-1 N^-0.2: over infinite samples the excess is N^-0.2/P, though L depends on N itself."""
    table = curve_rows(lambda n, p, t: n**-0.5 + n**-0.2 / p + 0 * t, WIDTHS, [100.0, INF], times=TIMES)
    spec = EARLY | {"excess_over": {"samples": INF}, "where": {"time": 1.0, "samples": 100}}
    assert fitted(fit_table(table, {"one": spec})[0], "one")["value"] == pytest.approx(-0.2, abs=1e-9)


def test_the_limit_of_an_excess_is_its_floor(curve_rows):
    """At t = inf the curve is 1/N + 2 and its reference 2."""
    table = curve_rows(lambda n, _, t: 2 + 1 / n + 1 / t, [8.0, INF], times=np.append(TIMES, INF))
    own = curve(table[table["width"] == 8], "time", "test_loss")
    assert over_reference(own, table, "test_loss", "time", {"width": INF}).floor == pytest.approx(0.125)
    assert over_reference(own, table, "test_loss", "time", {"ensemble": 1.0}).floor == 0.0  # itself


def test_differences_of_rounding_are_left_out_and_counted(curve_rows, fitted):
    """1 + 2e-5/N is within 1e-9 of its limit from N = 2e4 on: 3 of the 13 widths 10^2 ... 10^5."""
    widths = 10 ** np.arange(2, 5.01, 0.25)
    table = curve_rows(lambda n, _, t: 1 + 2e-5 / n + 0 * t, [*widths, INF], times=TIMES)
    found = fitted(fit_table(table, {"early": EARLY | {"window": [1, 1e6]}})[0], "early")
    assert found["left_out_because"] == "3 within rounding of the reference"
    assert found["points_used"] == 10
    assert found["value"] == pytest.approx(-1.0, abs=1e-4)


def test_differences_below_zero_are_left_out_and_counted(curve_rows, fitted):
    """2 + (1 - 20/N)/N is below its limit at N = 16 alone."""
    table = curve_rows(lambda n, _, t: 2 + (1 - 20 / n) / n + 0 * t, [*WIDTHS, INF], times=TIMES)
    found = fitted(fit_table(table, {"early": EARLY | {"window": [1, 1e6]}})[0], "early")
    assert found["left_out_because"] == "1 not positive"
    assert found["points_used"] == 8


def test_a_reference_with_other_times_is_interpolated_inside_its_own(curve_rows):
    """On t^-0.4 + 0.1, ten times a decade, PCHIP is good to the INTERPOLATION that an excess must be larger than."""
    grid, asked = np.geomspace(1, 1e4, 41), np.geomspace(0.3, 3e4, 40)
    table = curve_rows(lambda _n, _p, t: t**-0.4 + 0.1, times=grid)
    values, same = losses_at(table, "test_loss", np.append(asked, grid[7] * (1 + 5e-10)))
    inside = (asked >= 1) & (asked <= 1e4)
    assert np.isfinite(values[0, :-1]).tolist() == inside.tolist()
    assert np.abs(values[0, :-1][inside] / (asked[inside] ** -0.4 + 0.1) - 1).max() < INTERPOLATION / 10
    assert same.tolist() == [False] * 40 + [True]


def test_optimizers_with_steps_of_their_own_are_compared_at_interpolated_times(curve_rows, fitted):
    """Excess 1e-2/t of a curve on one time grid over one on another; null takes the learning rate away."""
    flow = curve_rows(lambda _n, _p, t: t**-0.4, times=np.geomspace(0.1, 1e4, 51))
    words = {"optimizer": "gradient_descent", "learning_rate": 0.3}
    steps = 0.3 * np.unique(np.geomspace(1, 3e4, 60).round())
    descent = curve_rows(lambda _n, _p, t: t**-0.4 + 0.01 / t, times=steps, **words)
    over = {"optimizer": "gradient_flow", "learning_rate": None}
    spec = {"of": "test_loss", "against": "time", "law": "power", "excess_over": over, "window": [1, 100]}
    spec |= {"where": {"learning_rate": 0.3}}
    found = fitted(fit_table(pd.concat([flow, descent]), {"discrete": spec})[0], "discrete")
    assert found["value"] == pytest.approx(-1.0, abs=1e-3)


def test_a_missing_reference_is_no_data(theory, fitted):
    finite = theory[np.isfinite(theory["width"])]
    found = fitted(fit_table(finite, {"early": EARLY})[0], "early")
    assert found["status"] == "no_data"
    assert found["left_out_because"] == "there is no curve with width inf"


def test_curve_and_reference_are_drawn_again_independently(curve_rows):
    """Two means of 16 seeds with scatter s: the variance of their difference is the sum of both, 2 s^2/16."""
    runs = curve_rows(lambda n, _, t: 2 + 0 * t + (0 if np.isinf(n) else 1), [8.0, INF], times=TIMES, seeds=16)
    rng = np.random.default_rng(1)
    shift = {(width, seed): rng.normal() for width in (8.0, INF) for seed in range(16)}
    runs["test_loss"] += [0.05 * shift[key] for key in zip(runs["width"], runs["seed"], strict=True)]
    own = curve(runs[runs["width"] == 8], "time", "test_loss")
    excess = over_reference(own, runs, "test_loss", "time", {"width": INF})
    drawn, reference = excess.drawn_again("name")
    spread = [np.std([0.05 * shift[width, seed] for seed in range(16)]) / 4 for width in (8.0, INF)]
    assert drawn[:, 0].std() == pytest.approx(spread[0], rel=0.1)
    assert reference[:, 0].std() == pytest.approx(spread[1], rel=0.1)
    assert (drawn - reference)[:, 0].std() == pytest.approx(np.hypot(*spread), rel=0.1)
    assert np.ptp(reference, axis=1).max() < 1e-12  # whole curves


def test_a_simulated_excess_has_an_interval_that_holds_the_truth(curve_rows, fitted):
    runs = curve_rows(loss, [*WIDTHS[:6], INF], times=TIMES, seeds=64, scatter=0.002)
    found = fitted(fit_table(runs, {"early": EARLY | {"window": [16, 512]}})[0], "early", kind="simulation")
    assert found["interval"] == "bootstrap over seeds"
    assert found["low"] < -1.0 < found["high"] < found["low"] + 0.3
