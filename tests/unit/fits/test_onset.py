"""Times of onset: where a share of the loss first reaches a threshold, and their power law."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scalefront.fits.fitting import fit_table
from scalefront.fits.onset import first_reached

INF = np.inf
WIDTHS = 16.0 * 2.0 ** np.arange(9)
CROSSOVER = {"of": "test_loss", "law": "onset", "against": "width", "excess_over": {"width": INF}, "threshold": 1.0}
GAP = {"of": "gap", "law": "onset", "against": "samples", "threshold": 0.2, "where": {}}


def crossing(width, _, t):
    """t^-0.4 (1 + (t/N^1.25)^0.8): twice its limit of infinite width at t = N^1.25, whatever the threshold's power."""
    return t**-0.4 * (1 + (t / width**1.25) ** 0.8)


def test_the_crossover_is_where_the_excess_equals_the_reference(curve_rows, fitted):
    table = curve_rows(crossing, [*WIDTHS, INF], times=np.geomspace(0.1, 1e6, 71))
    found, _ = fit_table(table, {"crossover": CROSSOVER | {"where": {}}})
    assert fitted(found, "crossover")["value"] == pytest.approx(1.25, abs=1e-9)
    assert fitted(found, "crossover", "prefactor")["value"] == pytest.approx(1.0, rel=1e-8)
    assert fitted(found, "crossover")["interval"] == "sub-windows"
    assert fitted(found, "crossover")["law"] == "onset"


def test_the_onset_of_the_gap_is_its_share_of_the_noisy_test_loss(curve_rows, fitted):
    """gap/(test + sigma^2) = min(t/P^2, 1/2): it reaches 0.2 at t = 0.2 P^2."""
    table = curve_rows(
        lambda _n, _p, t: 2 + 0 * t,
        samples=WIDTHS[:7],
        times=np.geomspace(0.1, 1e6, 71),
        train=lambda _n, p, t: 2.25 * (1 - np.minimum(t / p**2, 0.5)),
        label_noise=0.5,
    )
    found, _ = fit_table(table, {"onset": GAP})
    assert fitted(found, "onset")["value"] == pytest.approx(2.0, abs=1e-6)
    assert fitted(found, "onset", "prefactor")["value"] == pytest.approx(0.2, rel=1e-6)


def test_values_without_an_onset_are_left_out_and_counted(curve_rows, fitted):
    """Times 100 ... 1e5: N^1.25 is 32 and 76 at the first two widths, 1.4e5 and 1.9e5 at the last two."""
    widths = [16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 13000.0, 16384.0]
    table = curve_rows(crossing, [*widths, INF], times=np.geomspace(100, 1e5, 31))
    found = fitted(fit_table(table, {"crossover": CROSSOVER | {"where": {}}})[0], "crossover")
    assert "2 values of width that start above 1" in found["left_out_because"]
    assert "2 values of width that never reach 1" in found["left_out_because"]


def test_a_share_is_a_power_of_time_between_two_of_the_grid():
    time = np.array([1.0, 10.0, 100.0, 1000.0])
    assert first_reached(time, 0.01 * time**0.5, 0.05) == pytest.approx(25.0)
    assert first_reached(time, np.array([-1.0, 0.0, 2.0, 1.0]), 1.0) == pytest.approx(10**1.5)  # linear in log t
    rows = np.array([0.01 * time**0.5, np.full(4, 0.1), np.full(4, 0.01), [0.01, 0.2, 0.01, 0.2]])
    fraction = np.log(5) / np.log(20)  # from 0.01 to 0.2 at 0.05
    assert_allclose(first_reached(time, rows, 0.05), [25.0, np.nan, np.nan, 10**fraction])


def test_a_simulated_onset_has_an_interval_that_holds_the_truth(curve_rows, fitted):
    runs = curve_rows(crossing, [*WIDTHS[:7], INF], times=np.geomspace(0.1, 1e6, 71), seeds=32, scatter=0.03)
    found = fitted(fit_table(runs, {"c": CROSSOVER | {"where": {}}})[0], "c", kind="simulation")
    assert found["interval"] == "bootstrap over seeds"
    assert found["low"] < 1.25 < found["high"] < found["low"] + 0.1


def test_the_reach_of_the_word_bounds_the_onsets(curve_rows, fitted):
    table = curve_rows(crossing, [*WIDTHS, INF], times=np.geomspace(0.1, 1e6, 71))
    fits, _ = fit_table(table, {"c": CROSSOVER | {"where": {}}}, reach=lambda _, word: {"width": (60.0, 1100.0)}[word])
    assert fitted(fits, "c")[["window_low", "window_high"]].tolist() == [64.0, 1024.0]


def test_too_few_onsets_are_no_data(curve_rows, fitted):
    table = curve_rows(crossing, [16.0, 32.0, INF], times=np.geomspace(0.1, 1e6, 71))
    found = fitted(fit_table(table, {"c": CROSSOVER | {"where": {}}})[0], "c")
    assert (found["status"], found["left_out_because"]) == ("no_data", "2 values with an onset, 3 are needed")
