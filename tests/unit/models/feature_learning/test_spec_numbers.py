"""Numbers that the theory file prints and that no test of a single solver holds.

The slopes of section 7 come from one grid of 20 points a decade without extrapolation and from blocks of modes, for
which the tolerances of slopes below leave 0.005: one such grid was within 0.003 of the extrapolated solver used here.
"""

import numpy as np
import pytest
from scalefront.late_losses import late_losses
from scalefront.models.feature_learning.theory.grouping import grouped
from scalefront.models.feature_learning.theory.log_grid import flow_curves
from scalefront.models.feature_learning.theory.recursion import recursion
from scalefront.spectra import power_law
from scipy.interpolate import CubicSpline

from tests.oracles.printed import assert_printed, floats, load
from tests.unit.models.feature_learning.test_network import assert_equal_means, simulate

PRINTED = load("feature_learning_numbers")
INF = np.inf
SEEDS = 100
GRID_OF_THE_SPEC = 10 ** (1 / 20)
RICHNESS = {"lazy": 0.0, "rich": 1.0}


def name_of(row):
    words = ("name", "capacity", "source", "richness", "learning_rate")
    return " ".join(str(row[word]) for word in words if word in row)


def cases(table):
    return pytest.mark.parametrize("row", PRINTED[table], ids=name_of)


def task(row):
    return float(row["capacity"]), float(row["source"])


def decay(values, place):
    """Exponent of a power law fitted to all points."""
    return -np.polyfit(np.log(place), np.log(values), 1)[0]


def decays(values, place):
    """Exponents between neighbouring points."""
    return -np.diff(np.log(values)) / np.diff(np.log(place))


def floors(spectrum, width, samples):
    width, samples = np.broadcast_arrays(width, samples)
    return late_losses(spectrum, width, samples, np.zeros(width.shape)).test_loss


def width_transient(row, richness, time, width=2048):
    """L_N - L_inf at each time."""
    spectrum = grouped(*task(row), 1e8)
    wide, endless = (flow_curves(spectrum, time, width=n, richness=richness).test_loss for n in (width, INF))
    return wide - endless


@cases("simulation")
def test_simulations_equal_the_printed_ones(row):
    spectrum = power_law(*task(row), row["modes"], exact=row["modes"])
    size, kind = (row.get("width", INF), row["steps"]), {"richness": float(row["richness"]), "batch": row.get("batch")}
    found = simulate(SEEDS, spectrum, *size, samples=row.get("samples", INF), **kind)
    assert_equal_means(found.test_loss, floats(row["test"]), floats(row["test_error"]))
    if "train" in row:
        assert_equal_means(found.train_loss, floats(row["train"]), floats(row["train_error"]))


@cases("floor")
def test_floors_equal_the_printed_formulas(row):
    found = floors(power_law(*task(row), 3000, exact=3000), [64, INF], [INF, 64])
    assert_printed(found, [row["width"], row["samples"]], "floor")


@cases("floor_of_many_modes")
def test_floors_of_many_modes_equal_the_printed_ones(row):
    spectrum = power_law(*task(row), 1e8)
    for word, infinite in (("width", "samples"), ("samples", "width")):
        sizes, printed = np.array([float(n) for n in row[word]]), floats(row[word].values())
        # 6e-4: error of the blocks of modes that were printed (2.6.4)
        np.testing.assert_allclose(floors(spectrum, **{word: sizes, infinite: INF}), printed, rtol=6e-4)


def test_local_exponents_of_the_floors_equal_the_printed_ones():
    row, sizes, found = PRINTED["floor_exponents"], np.array([3e3, 1e4]), {"width": [], "samples": []}
    for capacity, source in zip(floats(row["capacity"]), floats(row["source"]), strict=True):
        spectrum = power_law(capacity, source, 1e12)
        found["width"].append(decays(floors(spectrum, sizes, INF), sizes)[0] / capacity)
        found["samples"].append(decays(floors(spectrum, INF, sizes), sizes)[0] / capacity)
    for word, exponents in found.items():
        assert_printed(exponents, row[word], f"{word} exponents")


@pytest.mark.parametrize("regime", RICHNESS)
def test_slopes_of_the_width_transient_equal_the_printed_ones(regime):
    row, time = PRINTED["width_transient_windows"], np.array([10.0, 30, 100, 300, 1000, 3000])
    found = decays(width_transient(row, RICHNESS[regime], time), time)
    np.testing.assert_allclose(found, floats(row[regime]), rtol=0, atol=0.0055)


@pytest.mark.parametrize("regime", RICHNESS)
@cases("width_transient")
def test_width_transients_of_hard_tasks_fall_as_printed(row, regime):
    # the last three of the five printed windows; 0.01, as local slopes differ by that and more between them
    time = np.geomspace(1e2, 3e3, 30)
    least, largest = floats(row[regime])
    assert least - 0.01 < decay(width_transient(row, RICHNESS[regime], time), time) < largest + 0.01


@pytest.mark.parametrize("regime", RICHNESS)
@cases("width_transient")
def test_the_width_transient_is_in_proportion_to_one_over_width(row, regime):
    # theory/feature_learning.md 7.5: to 4 % between N = 256 and 2048 at t = 30
    narrow, wide = (n * width_transient(row, RICHNESS[regime], [30.0], n)[0] for n in (256, 2048))
    assert narrow == pytest.approx(wide, rel=0.04)


@cases("sgd_transient")
def test_lazy_sgd_falls_as_printed(row):
    spectrum, rate = grouped(2.0, 2.5, 1e8), float(row["learning_rate"])
    steps = np.rint(np.geomspace(1e4, 1e5, 100) / rate)
    found = [decay(recursion(spectrum, steps, rate, batch), steps) for batch in row["batch"]]
    # half a unit of the last digit, and 0.001 for the unknown points of the fit: 20 to 200 of them differ by 0.0008
    np.testing.assert_allclose(found, floats(row["slope"]), rtol=0, atol=0.0015)


@cases("frontier")
def test_compute_optimal_frontiers_fall_as_printed(row):
    """By the estimator that was printed, a spline over nine widths at fixed budget; test_log_grid.py has hard losses.

    Near its ends it is off by up to 1.4 % of the loss, where widths are a factor of 2 apart: fits/envelope.py and twice
    the widths up to 4096 have 0.347 and 0.348 for the hard rich task, printed 0.350 and 0.352.
    """
    spectrum, (least, most) = grouped(*task(row), 1e8), floats(row["budget"])
    widths, budget = 2.0 ** np.arange(3, 12), np.geomspace(least, most, 60)
    losses = [flow_curves(spectrum, budget / n, width=n, richness=float(row["richness"])).test_loss for n in widths]
    log_width = np.linspace(*np.log(widths[[0, -1]]), 4000)
    along = CubicSpline(np.log(widths), np.log(losses))(log_width)
    loss, width = np.exp(along.min(axis=0)), np.exp(log_width[along.argmin(axis=0)])
    assert widths[0] < width.min() < width.max() < widths[-1]
    found = [decay(loss[start:], budget[start:]) for start in (30, 40)]
    # one unit of the last digit and 0.002, or 0.01 for the place of a flat minimum, for the single grid of the spec
    np.testing.assert_allclose(found, floats(row["loss"]), rtol=0, atol=0.003)
    assert -decay(width[30:], budget[30:]) == pytest.approx(float(row["width"]), abs=0.01)


@cases("data_floor_reached")
def test_the_floor_of_the_data_is_reached_at_the_printed_time(row):
    spectrum, printed = grouped(1.5, 0.5, 1e8), float(row["time"])
    # a point of the spec's single grid, which is above, and rounded: here it comes up to two points earlier
    time = [printed / GRID_OF_THE_SPEC**2, printed * 1.02]
    found = flow_curves(spectrum, time, samples=128, richness=float(row["richness"])).test_loss
    before, reached = found / floors(spectrum, [INF], [128]) - 1
    assert before > 0.01 > reached
