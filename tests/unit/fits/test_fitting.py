"""From curves to the tables of fits and frontier, on L = N^-0.5 + t^-0.4 (t^-0.4 alone at infinite width)."""

import numpy as np
import pandas as pd
import pytest
from scalefront.errors import StudyError
from scalefront.fits.fitting import FITS_SCHEMA, FRONTIER_SCHEMA, fit_table

TIME = np.append(np.geomspace(0.1, 1e5, 61), np.inf)
WIDTHS = [8.0 * 2**k for k in range(9)] + [np.inf]
TIME_FIT = {"of": "test_loss", "against": "time", "where": {"width": np.inf}, "law": "power", "window": "auto"}
WIDTH_FIT = {"of": "test_loss", "against": "width", "where": {"time": np.inf}, "law": "power", "window": "auto"}
FRONTIER = {"size": "width", "compute": ["width", "time"], "methods": ["envelope"]}


def curve_rows(kind, width, seed, factor=1.0, **more):
    loss = (width**-0.5 + TIME**-0.4) * factor
    columns = {"study": "synthetic", "model": "surface", "kind": kind, "point": f"w{width}", "seed": seed}
    columns |= {"width": width, "samples": np.inf, "modes": 1e8, "time": TIME, "steps": np.nan, "compute": width * TIME}
    return pd.DataFrame(columns | {"test_loss": loss, "train_loss": loss, "status": "ok"} | more)


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(0)
    drift = np.log(np.minimum(TIME, 1e5))
    rows = [curve_rows("theory", width, None) for width in WIDTHS]
    rows += [
        curve_rows("simulation", width, seed, np.exp(0.02 * rng.normal() + 0.005 * rng.normal() * drift))
        for width in WIDTHS
        for seed in range(16)
    ]
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def tables(curves):
    fits = {"time_exponent": TIME_FIT | {"predicted": -0.4}, "width_exponent": WIDTH_FIT}
    return fit_table(curves, fits, FRONTIER | {"predicted": {"size_exponent": 4 / 9}})


def row(fits, fit, parameter, kind):
    return fits[(fits["fit"] == fit) & (fits["parameter"] == parameter) & (fits["kind"] == kind)].squeeze()


def test_columns_are_those_of_the_contract(tables):
    assert list(tables[0].columns) == list(FITS_SCHEMA)
    assert list(tables[1].columns) == list(FRONTIER_SCHEMA)
    assert tables[0].dtypes.astype(str).to_dict() == pytest.approx(FITS_SCHEMA)


def test_every_exponent_has_a_drift_and_nothing_else_has(tables):
    exponents = tables[0]["parameter"].str.endswith("exponent")
    assert (tables[0]["drift"].notna() == exponents).all()
    assert row(tables[0], "time_exponent", "exponent", "theory")["drift"] == pytest.approx(0.0, abs=1e-9)


def test_the_drift_is_that_over_the_window():
    """log L = -0.4 u - 0.002 u^2, u = log t: the local exponent -0.4 - 0.004 u."""
    u = np.log(TIME[:-1])
    bent = curve_rows("theory", np.inf, None).head(len(u)).assign(test_loss=np.exp(-0.4 * u - 0.002 * u**2))
    found = row(fit_table(bent, {"bent": TIME_FIT | {"window": [10, 1000]}})[0], "bent", "exponent", "theory")
    assert found["drift"] == pytest.approx(-0.004 * np.log(found["window_high"] / found["window_low"]), rel=0.05)
    assert found["drift"] == pytest.approx(-0.004 * np.log(100), rel=0.05)


def test_theory_gives_the_exponents_of_the_surface(tables):
    expected = {("time_exponent", "exponent"): -0.4, ("width_exponent", "exponent"): -0.5}
    for (fit, parameter), value in expected.items():
        found = row(tables[0], fit, parameter, "theory")
        assert found["value"] == pytest.approx(value, abs=1e-9)
        assert (found["low"], found["high"]) == pytest.approx((value, value))
        assert found["interval"] == "sub-windows"
        assert pd.isna(found["level"])
        assert found["status"] == "ok"
    assert row(tables[0], "time_exponent", "prefactor", "theory")["value"] == pytest.approx(1.0)


def test_simulation_has_bootstrap_intervals_that_hold_the_truth(tables):
    found = row(tables[0], "time_exponent", "exponent", "simulation")
    assert found["interval"] == "bootstrap over seeds"
    assert found["level"] == 0.95
    assert found["low"] < -0.4 < found["high"]
    assert found["high"] - found["low"] < 4 * 2.2 * 0.005 / 4  # drift 0.005, 16 seeds
    assert found["stderr"] < (found["high"] - found["low"]) / 4  # residuals of one curve do not see the draw


def test_the_rows_say_what_was_left_out(tables):
    found = row(tables[0], "time_exponent", "exponent", "theory")
    assert found["points_used"] + found["points_left_out"] == 61
    assert found["left_out_because"] == f"{found['points_left_out']} outside the window"
    assert found["window_high"] == 1e5


def test_prediction_is_passed_on_for_its_own_parameter_alone(tables):
    assert row(tables[0], "time_exponent", "exponent", "theory")["predicted"] == -0.4
    assert np.isnan(row(tables[0], "time_exponent", "prefactor", "theory")["predicted"])
    assert row(tables[0], "frontier.envelope", "size_exponent", "theory")["predicted"] == 4 / 9
    assert np.isnan(row(tables[0], "frontier.envelope", "time_exponent", "theory")["predicted"])


def test_prediction_changes_no_fitted_number(curves):
    first, second = (fit_table(curves, {"a": TIME_FIT | {"predicted": p}})[0] for p in (-0.4, 3.0))
    pd.testing.assert_frame_equal(first.drop(columns="predicted"), second.drop(columns="predicted"))


def test_frontier_exponents_are_those_of_the_closed_form(tables):
    """p = 0.5, r = 0.4: N* ~ C^(r/(p+r)), t* ~ C^(p/(p+r)), L* ~ C^(-pr/(p+r))."""
    for parameter, value in {"size": 4 / 9, "time": 5 / 9, "loss": -2 / 9}.items():
        theory = row(tables[0], "frontier.envelope", f"{parameter}_exponent", "theory")
        assert theory["value"] == pytest.approx(value, abs=1e-3)
        assert theory["interval"] == "sub-windows"
        assert theory["against"] == "compute"
        runs = row(tables[0], "frontier.envelope", f"{parameter}_exponent", "simulation")
        assert runs["low"] < value < runs["high"]
        assert runs["interval"] == "bootstrap over seeds"


def test_frontier_points_are_right_and_say_how_far(tables):
    points = tables[1]
    for kind in ("theory", "simulation"):
        inside = points[(points["kind"] == kind) & ~points["edge"]]
        ranged = inside[inside["size_low"].notna()]
        assert len(ranged) > 30
        exact = (1.25 * ranged["compute"] ** 0.4) ** (1 / 0.9)
        if kind == "theory":  # 1 %: docs/fits.md, "The compute-optimal frontier"
            assert (ranged["size"] / exact - 1).abs().max() < 0.01
            assert (ranged["size_high"] / ranged["size_low"] - 1).max() < 0.02
        else:  # docs/fits.md: these intervals hold the truth less often than 95 %, but by far more often than not
            assert ((ranged["size_low"] <= exact) & (exact <= ranged["size_high"])).mean() > 0.5


def test_samples_of_fresh_batches_are_batch_times_steps(curves):
    """Batch 32 and learning rate 0.5: 64 samples a unit of time; without a batch they are not known."""
    theory = curves[curves["kind"] == "theory"].assign(batch=32.0, learning_rate=0.5, momentum=None)
    steps = theory.assign(steps=(theory["time"] / 0.5).where(np.isfinite(theory["time"])))
    points = fit_table(steps, {}, FRONTIER)[1]
    assert (points["samples"] / points["time"]).tolist() == pytest.approx([64.0] * len(points))
    assert fit_table(theory.assign(batch=None), {}, FRONTIER)[1]["samples"].isna().all()


def test_optima_on_the_edge_are_shown_and_not_fitted(tables):
    fits, points = tables
    edges = int((points["edge"] & (points["kind"] == "theory")).sum())
    assert edges > 0
    found = row(fits, "frontier.envelope", "size_exponent", "theory")
    assert f"{edges} on the edge of the grid" in found["left_out_because"]


def test_reach_of_size_and_time_bounds_the_fitted_optima(curves):
    bounds = {"width": (16.0, 1000.0), "time": (30.0, 1e4)}
    fits, _ = fit_table(curves, {}, FRONTIER | {"where": {"kind": "theory"}}, lambda _, word: bounds[word])
    found = row(fits, "frontier.envelope", "size_exponent", "theory")
    size = (1.25 * np.array([found["window_low"], found["window_high"]]) ** 0.4) ** (1 / 0.9)
    assert "out of reach" in found["left_out_because"]
    assert 15.8 <= size[0] < size[1] <= 1010


def test_reach_is_asked_with_the_parameters_of_the_curve(curves):
    asked = []

    def reach(parameters, word):
        asked.append((word, parameters["width"], parameters["modes"]))
        return 10.0, 1e3

    fits, _ = fit_table(curves, {"time": TIME_FIT}, reach=reach)
    assert asked == [("time", np.inf, 1e8)] * 2
    found = row(fits, "time", "exponent", "theory")
    assert (found["window_low"], found["window_high"]) == (pytest.approx(10), pytest.approx(1e3))


def test_given_window_is_taken_as_it_is(curves):
    fits, _ = fit_table(curves, {"time": TIME_FIT | {"window": [20, 60]}})
    assert (fits["window_low"] == 20).all()
    assert (fits["points_used"] == 4).all()  # at ten a decade: 25.1, 31.6, 39.8, 50.1


def test_curve_without_a_power_law_keeps_its_row(curves):
    fits, _ = fit_table(curves, {"time": TIME_FIT | {"where": {"width": 8.0, "kind": "theory"}}})
    assert (fits["status"] == "no_window").all()
    assert fits["value"].isna().all()
    assert fits["left_out_because"].str.contains("limit|decade").all()


def test_fit_of_no_rows_keeps_its_row(curves):
    fits, _ = fit_table(curves, {"time": TIME_FIT | {"where": {"width": 7.0, "kind": "theory"}}})
    assert fits["status"].tolist() == ["no_data", "no_data"]
    assert fits["kind"].tolist() == ["theory", "theory"]


def test_diverged_rows_are_counted(curves):
    broken = curves.copy()
    late = (broken["kind"] == "simulation") & (broken["seed"] == 3) & (broken["time"] > 1e4) & np.isinf(broken["width"])
    late &= np.isfinite(broken["time"])
    broken.loc[late, ["status", "test_loss"]] = ["diverged", np.nan]
    fits, _ = fit_table(broken, {"time": TIME_FIT})
    found = row(fits, "time", "exponent", "simulation")
    assert f"{late.sum()} diverged" in found["left_out_because"]
    assert found["low"] < -0.4 < found["high"]


def test_too_few_seeds_have_no_interval(curves):
    fits, _ = fit_table(curves[curves["seed"].isna() | (curves["seed"] < 4)], {"time": TIME_FIT})
    found = row(fits, "time", "exponent", "simulation")
    assert np.isfinite(found["value"])
    assert pd.isna([found["low"], found["high"], found["interval"]]).all()


def test_relative_difference_has_a_row_of_its_own(curves):
    spec = {"of": "test_loss", "law": "relative_difference", "where": {"modes": 1e8}}
    found = fit_table(curves, {"agreement": spec})[0].squeeze()
    assert found["parameter"] == "relative_difference"
    assert found["low"] <= found["value"] <= found["high"] < 0.03


def test_other_points_leave_the_frontier_to_the_group_with_most_sizes(curves):
    few = pd.concat([curve_rows("theory", width, None, factor=2.0, modes=4000.0) for width in WIDTHS[:3]])
    both = pd.concat([curves[curves["kind"] == "theory"], few])
    alone, mixed = (fit_table(table, {}, FRONTIER)[0] for table in (curves[curves["kind"] == "theory"], both))
    assert (mixed["value"] == alone["value"]).all()
    assert mixed["left_out_because"].str.contains("not at modes 1e\\+08, which has most sizes").all()


def test_two_equal_groups_are_ambiguous(curves):
    theory = curves[curves["kind"] == "theory"]
    fits, points = fit_table(pd.concat([theory, theory.assign(modes=4000.0)]), {}, FRONTIER)
    assert (fits["status"] == "ambiguous").all()
    assert fits["left_out_because"].str.contains("modes").all()
    assert points.empty


def test_unknown_law_and_method_are_refused(curves):
    with pytest.raises(StudyError, match=r"a.law = 'exponential': power \| relative_difference"):
        fit_table(curves, {"a": {"law": "exponential"}})
    with pytest.raises(StudyError, match="methods = 'guess'"):
        fit_table(curves, {}, FRONTIER | {"methods": ["guess"]})


def test_compute_without_time_is_refused(curves):
    with pytest.raises(StudyError, match="a product of width, time"):
        fit_table(curves, {}, FRONTIER | {"compute": ["width", "samples"]})


def test_the_same_table_gives_the_same_fits(curves):
    runs = curves[curves["kind"] == "simulation"]
    first, second = (fit_table(table, {"time": TIME_FIT})[0] for table in (runs, runs.sample(frac=1, random_state=0)))
    pd.testing.assert_frame_equal(first, second, rtol=1e-10)
