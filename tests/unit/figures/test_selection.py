import numpy as np
import pytest
from scalefront.figures.loss_against_size import shown_times
from scalefront.figures.selection import covering, lines


def test_families_hold_every_point(tables):
    families = covering(tables["curves"])
    assert set().union(*(family.rows["point"] for family in families)) == set(tables["curves"]["point"])


def test_a_family_differs_in_one_size_alone(tables):
    for family in covering(tables["curves"]):
        words = ["modes", "label_noise", "width" if family.size == "samples" else "samples"]
        assert (family.rows[words].nunique() == 1).all()


def test_simulated_families_come_first(tables):
    shown = [(family.size, family.fixed["modes"]) for family in covering(tables["curves"])]
    wanted = [("width", 4000), ("samples", 4000), ("width", 1000), ("width", 1e8), ("samples", 1e8)]
    assert shown == wanted


def test_a_line_sums_up_its_seeds(tables):
    curves = tables["curves"]
    found = lines(curves[(curves["width"] == 32) & (curves["modes"] == 4000)], "test_loss")
    runs = curves[(curves["width"] == 32) & (curves["kind"] == "simulation") & (curves["time"] == 0.1)]["test_loss"]
    line = found["simulation"]
    assert line.seeds == 6
    assert line.mean[0] == pytest.approx(runs.mean())
    assert (line.lowest[0], line.highest[0]) == (runs.min(), runs.max())
    assert found["theory"].seeds == 0
    assert np.isinf(line.limit.x).all() and len(line.limit.x) == 1
    assert np.isfinite(line.finite.x).all()


def test_times_are_whole_decades_of_the_grid_and_infinity(tables):
    assert shown_times(tables["curves"]["time"]) == pytest.approx([1.0, 1e2, 1e4, 1e6, np.inf])
