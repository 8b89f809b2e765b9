"""From rows to one curve: which rows are taken, which are left out and why."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scalefront.errors import StudyError
from scalefront.fits.selection import Unfitted, at_time, curve, select

TIMES = np.array([1.0, 10.0, 100.0, np.inf])


def table(widths=(8.0, 16.0, 32.0, np.inf), seeds=(None,), kind="theory", **more):
    rows = [
        {"kind": kind, "point": f"{width}", "seed": seed, "width": width, "optimizer": "gradient_flow", "time": time}
        | {"test_loss": 1 / width + 1 / time + 0.1, "status": "ok"}
        | more
        for width in widths
        for seed in seeds
        for time in TIMES
    ]
    return pd.DataFrame(rows)


def test_where_takes_numbers_infinity_text_and_lists():
    rows = table()
    assert len(select(rows, {"width": np.inf})) == 4
    assert len(select(rows, {"width": [8, 16], "optimizer": "gradient_flow", "kind": "theory"})) == 8
    assert len(select(rows, {"optimizer": "sgd"})) == 0


def test_unknown_word_is_refused_with_the_known_ones():
    with pytest.raises(StudyError, match=r"where.depth = 3: the table has kind, time, width, optimizer"):
        select(table(), {"depth": 3})


def test_words_that_only_some_optimizers_have_select_and_are_selected_by_null():
    both = pd.concat([table(batch=None, learning_rate=None), table(batch=32.0, learning_rate=0.5, optimizer="sgd")])
    assert set(select(both, {"batch": 32})["optimizer"]) == {"sgd"}
    assert set(select(both, {"batch": None})["optimizer"]) == {"gradient_flow"}
    assert set(select(both.astype({"batch": object}), {"batch": np.nan})["optimizer"]) == {"gradient_flow"}


def test_a_curve_against_a_word_leaves_out_rows_that_do_not_have_it():
    words = [table(widths=(8.0,), learning_rate=rate) for rate in (0.1, 0.2, 0.4, None)]
    found = curve(pd.concat(words), "learning_rate", "test_loss", time=10.0)
    assert found.x.tolist() == [0.1, 0.2, 0.4]
    assert found.left_out == {"without learning_rate": 1}
    assert np.isnan(curve(words[3], "time", "test_loss").parameters["learning_rate"])


def test_every_point_keeps_the_time_of_its_own_grid():
    grids = [
        table(widths=(width,)).assign(time=lambda rows, k=k: rows["time"] * k) for k, width in ((0.9, 8.0), (1.1, 16.0))
    ]
    found = curve(pd.concat([*grids, table(widths=(32.0,))]), "width", "test_loss", time=10.0)
    assert_allclose(found.time, [9.0, 11.0, 10.0])


def test_time_is_the_nearest_of_the_grid_and_infinity_itself():
    assert at_time(table(), 90.0)["time"].unique().tolist() == [100.0]
    assert at_time(table(), np.inf)["time"].unique().tolist() == [np.inf]
    assert at_time(table(), 1e4).empty


def test_the_row_at_infinity_is_the_floor_of_the_curve():
    found = curve(table(widths=(8.0,)), "time", "test_loss")
    assert found.x.tolist() == [1, 10, 100]
    assert found.floor == pytest.approx(0.225)
    assert not found.seeded
    against_width = curve(table(), "width", "test_loss", time=10.0)
    assert against_width.x.tolist() == [8, 16, 32]
    assert against_width.floor == pytest.approx(0.2)


def test_several_curves_are_ambiguous_and_the_word_is_named():
    with pytest.raises(Unfitted, match="differ in width") as caught:
        curve(table(), "time", "test_loss")
    assert caught.value.status == "ambiguous"


def test_rows_that_failed_are_left_out_and_counted():
    rows = table(widths=(8.0,), seeds=range(4), kind="simulation")
    rows.loc[(rows["seed"] == 2) & (rows["time"] == 100), ["status", "test_loss"]] = ["diverged", None]
    rows.loc[(rows["seed"] == 1) & (rows["time"] == 10), "test_loss"] = np.nan
    found = curve(rows, "time", "test_loss")
    assert found.left_out == {"diverged": 1, "without a positive test_loss": 1}
    assert np.isnan(found.losses).sum() == 2
    assert_allclose(found.mean, [1.225, 0.325, 0.235])
    assert found.seeds == 3


def test_times_that_most_seeds_do_not_reach_are_left_out():
    rows = table(widths=(8.0,), seeds=range(5), kind="simulation")
    extra = rows[(rows["time"] == 100) & (rows["seed"] < 2)].assign(time=1000.0)
    found = curve(pd.concat([rows, extra]), "time", "test_loss")
    assert found.x.tolist() == [1, 10, 100]
    assert found.left_out == {"where most seeds have ended": 2}


def test_too_few_points_are_no_data():
    with pytest.raises(Unfitted, match="2 points, 3 are needed"):
        curve(table(widths=(8.0, 16.0, np.inf)), "width", "test_loss")
