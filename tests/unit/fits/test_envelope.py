"""The envelope against L = N^-p + t^-r, whose optimum at N t = C is N^(p + r) = (p/r) C^r."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scalefront.fits.envelope import Cost, SizeCurve, compute_grid, envelope, lowest

TIME = np.geomspace(0.1, 1e6, 71)


def surface(p, r, sizes):
    return [SizeCurve(n, TIME, n**-p + TIME**-r) for n in sizes]


@pytest.mark.parametrize(("p", "r"), [(0.5, 0.4), (1.0, 0.5), (1.5, 1.2)])
def test_optimum_is_that_of_the_closed_form(p, r):
    curves, cost = surface(p, r, 8 * 2.0 ** np.arange(11)), Cost(1.0, 1, 1)
    compute = compute_grid(curves, cost)
    found = envelope(curves, cost, compute)
    inside = ~found.edge
    size = (p / r * compute**r) ** (1 / (p + r))
    assert inside.sum() > 40
    assert_allclose(found.size[inside], size[inside], rtol=1e-2)
    assert_allclose((found.size * found.time)[inside], compute[inside], rtol=1e-12)
    slopes = [np.polyfit(np.log(compute[inside]), np.log(y[inside]), 1)[0] for y in found[:3]]
    assert_allclose(slopes, [r / (p + r), p / (p + r), -p * r / (p + r)], atol=1e-3)


def test_optimum_outside_the_grid_sits_on_its_edge():
    curves, cost = surface(0.5, 0.4, [64.0, 128.0, 256.0, 512.0]), Cost(1.0, 1, 1)
    found = envelope(curves, cost, np.array([1e3, 1e5, 1e8]))  # closed form: 28, 213 and 4586
    assert found.edge.tolist() == [True, False, True]
    assert_allclose(found.size[[0, 2]], [64, 512])


def test_compute_that_one_size_alone_reaches_has_no_optimum():
    curves, cost = surface(0.5, 0.4, [64.0, 128.0, 256.0]), Cost(1.0, 1, 1)
    found = envelope(curves, cost, np.array([256e6, 1e12]))
    assert np.isnan(found.size).all()
    assert found.edge.all()


def test_resamples_are_done_at_once_and_each_as_if_alone():
    curves, cost = surface(0.5, 0.4, 8 * 2.0 ** np.arange(8)), Cost(2.0, 1, 1)
    factors = np.random.default_rng(0).uniform(0.9, 1.1, size=(len(curves), 4))
    many = [c._replace(loss=c.loss[:, None] * f) for c, f in zip(curves, factors, strict=True)]
    alone = [c._replace(loss=c.loss * f[2]) for c, f in zip(curves, factors, strict=True)]
    compute = compute_grid(curves, cost)
    together, one = envelope(many, cost, compute), envelope(alone, cost, compute)
    assert_allclose(together.size[:, 2], one.size, rtol=1e-9)
    assert (together.edge[:, 2] == one.edge).all()


def test_how_many_are_interpolated_together_changes_nothing(monkeypatch):
    curves, cost = surface(0.5, 0.4, 8 * 2.0 ** np.arange(8)), Cost(2.0, 1, 1)
    compute = compute_grid(curves, cost)
    together = envelope(curves, cost, compute)
    monkeypatch.setattr("scalefront.fits.envelope.AT_ONCE", 1)
    for ours, alone in zip(together, envelope(curves, cost, compute), strict=True):
        assert_allclose(ours, alone, rtol=1e-12)


def test_sizes_may_have_time_grids_of_their_own():
    sizes = 8 * 2.0 ** np.arange(9)
    grids = [np.geomspace(0.1 * (1 + i / 20), 1e6, 70 + i) for i in range(9)]
    curves = [SizeCurve(n, t, n**-0.5 + t**-0.4) for n, t in zip(sizes, grids, strict=True)]
    found = envelope(curves, Cost(1.0, 1, 1), np.array([1e4, 1e5]))
    assert_allclose(found.size, (1.25 * np.array([1e4, 1e5]) ** 0.4) ** (1 / 0.9), rtol=1e-2)


def test_powers_of_size_and_time_enter_the_cost():
    cost = Cost(3.0, 2, 1)
    assert cost.compute(10.0, 7.0) == 2100.0
    assert cost.time(2100.0, 10.0) == pytest.approx(7.0)


def test_compute_grid_is_eight_powers_a_decade():
    grid = compute_grid(surface(0.5, 0.4, [1.0, 10.0]), Cost(1.0, 1, 1))
    assert_allclose(grid[[0, -1]], [0.1, 1e7])
    assert len(grid) == 65


def test_minimum_of_a_spline_through_a_cubic_is_exact():
    u = np.linspace(-1, 3, 6)
    place, value, edge = lowest(u, u**3 - 3 * u)  # minimum -2 at 1
    assert (place, value, edge) == (pytest.approx(1), pytest.approx(-2), False)
