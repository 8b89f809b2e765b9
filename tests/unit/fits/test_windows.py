"""Local exponents and the window rule. Expected numbers are properties of the curves that each test writes down."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scalefront.fits import windows
from scalefront.fits.windows import Window, automatic_window, local_exponents

TIME = np.geomspace(0.1, 1e6, 71)


@pytest.mark.parametrize("exponent", [-1.25, -0.4, 0.0, 2.0])
def test_local_exponent_of_a_power_law_is_its_exponent(exponent):
    assert_allclose(local_exponents(TIME, 3 * TIME**exponent), exponent, atol=1e-12)


def test_local_exponent_of_a_parabola_in_logs_is_exact_on_an_uneven_grid():
    x = np.sort(10 ** np.random.default_rng(0).uniform(-1, 3, 40))
    u = np.log(x)
    s = local_exponents(x, np.exp(0.3 * u - 0.05 * u**2))
    apart = (x > 1.2 * x[0]) & (x < x[-1] / 1.2)
    assert_allclose(s[apart], 0.3 - 0.1 * u[apart], atol=1e-11)


def test_local_exponents_of_denser_noisy_points_are_no_noisier():
    rng = np.random.default_rng(1)
    spread = []
    for points in (73, 721):  # 12 and 120 points a decade, just wider than STEP and far below it
        x = np.geomspace(1, 1e6, points)
        noise = rng.normal(scale=0.01, size=(50, points))
        spread.append(local_exponents(x, x**-0.5 * np.exp(noise))[:, 5:-5].std())
    assert spread[1] < 1.2 * spread[0]


def test_local_exponents_take_many_curves_at_once():
    y = np.stack([TIME**-0.5, TIME**-0.7 + 0.1])
    assert_allclose(local_exponents(TIME, y)[1], local_exponents(TIME, y[1]))


def test_window_is_the_whole_reach_of_a_pure_power_law():
    assert automatic_window(TIME, TIME**-0.4, reach=(10, 1e4)) == (pytest.approx(10), pytest.approx(1e4), "ok", "")


def test_window_without_a_reach_leaves_out_the_start():
    window = automatic_window(TIME, TIME**-0.4)
    assert window.low == TIME[windows.START_FACTOR * TIME[0] <= TIME][0]
    assert window.high == pytest.approx(1e6)


def test_window_keeps_clear_of_the_floor():
    floor = 1e-3
    y = TIME**-0.5 + floor
    window = automatic_window(TIME, y, floor=floor)
    assert y[window.holds(TIME)].min() >= windows.FLOOR_FACTOR * floor


def test_window_keeps_the_local_exponent_in_its_band():
    y = TIME**-0.5 + 1e-3  # bends towards a floor that the rule is not told
    window = automatic_window(TIME, y)
    inside = local_exponents(TIME, y)[window.holds(TIME)]
    middle = (inside.max() + inside.min()) / 2
    assert (inside.max() - inside.min()) / 2 <= windows.BAND * abs(middle) * (1 + 1e-9)


def test_window_takes_the_curve_as_it_is_and_knows_no_prediction():
    """A curve of slope -0.7, whatever exponent was expected of it: its window is that of its own slope."""
    y = TIME**-0.7 + 1e-9
    window = automatic_window(TIME, y, reach=(1, 1e5))
    u, v = np.log(TIME), np.log(y)
    inside = window.holds(TIME)
    assert np.polyfit(u[inside], v[inside], 1)[0] == pytest.approx(-0.7, abs=1e-3)
    assert not {"predicted", "prediction", "expected"} & set(inspect.signature(automatic_window).parameters)


def test_the_longer_of_two_power_laws_is_chosen():
    y = np.where(TIME < 1e2, TIME**-0.5, 1e2**0.5 * TIME**-1.0)  # 2.5 decades of -1/2 from 0.3, then 4 of -1
    window = automatic_window(TIME, y)
    assert 1e2 <= window.low < 2e2
    assert window.high == pytest.approx(1e6)


def test_a_plateau_is_no_power_law():
    window = automatic_window(TIME, np.full_like(TIME, 2.0))
    assert window.status == "no_window"
    assert "steady, non-zero" in window.reason
    assert np.isnan([window.low, window.high]).all()


def test_less_than_a_decade_is_no_window():
    window = automatic_window(TIME, TIME**-0.5, reach=(10, 80))
    assert window.status == "no_window"
    assert "0.9 decades" in window.reason


def test_fewer_than_five_points_are_no_window():
    assert (
        automatic_window([8, 16, 64, 128.0], np.array([8, 16, 64, 128.0]) ** -1, reach=(1, 1e3)).status == "no_window"
    )
    assert automatic_window(np.zeros(0), np.zeros(0)).status == "no_window"


def test_an_exponential_decay_has_no_window():
    x = np.geomspace(0.1, 100, 200)
    assert automatic_window(x, np.exp(-x)).status == "no_window"


def test_noise_that_is_known_does_not_end_a_window():
    y = TIME**-0.5 * np.exp(np.random.default_rng(2).normal(scale=0.01, size=TIME.size))
    noise = 0.01 / (np.sqrt(2) * np.log(10) * 0.1) * np.ones_like(TIME)  # of the central difference at 10 a decade
    told, untold = automatic_window(TIME, y, noise=noise), automatic_window(TIME, y)
    assert told.high / told.low > 1e3
    assert untold.status == "no_window" or untold.high / untold.low < told.high / told.low


@settings(max_examples=40, deadline=None)
@given(st.floats(-3, 3), st.floats(-5, 5), st.floats(0.01, 100))
def test_window_scales_with_the_units_of_x_and_y(exponent, log_a, unit):
    y = np.exp(log_a) * TIME**exponent * (1 + 1 / TIME)
    window = automatic_window(TIME, y)
    scaled = automatic_window(unit * TIME, 7 * y)
    assert window.status == scaled.status
    if window.status == "ok":
        assert_allclose([scaled.low, scaled.high], [unit * window.low, unit * window.high])


def test_a_rising_curve_ends_where_it_nears_its_limit():
    # y = x^0.4/(1 + x^0.4/1000) has the limit 1000: at a tenth of it the exponent is bent by 10 %
    x = np.geomspace(1, 1e12, 121)
    window = automatic_window(x, x**0.4 / (1 + x**0.4 / 1000), reach=(1, np.inf), floor=1000.0)
    assert window.low == 1.0
    assert 1e4 < window.high < (100 / 0.9) ** 2.5
    assert automatic_window(x, 900 + x**0.1, reach=(1, np.inf), floor=1000.0).status == "no_window"


def test_window_holds_its_own_ends():
    assert Window(1.0, 10.0).holds(np.array([0.9, 1.0, 10.0, 10.1])).tolist() == [False, True, True, False]


def test_the_documentation_states_every_constant():
    page = (Path(__file__).parents[3] / "docs" / "fits.md").read_text()
    text = " ".join(page.split())
    names = [name for name in vars(windows) if name.isupper() and not name.startswith("_")]
    assert len(names) == 8
    for name in names:
        assert f"`{name}` = {getattr(windows, name):g}" in text
