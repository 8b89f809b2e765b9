"""The frontier with budgets of samples: L = N^-1/2 + P^-1/2 + (1 + t)^-0.4 at C = N t."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from scalefront.figures.style import SECOND_SEQUENCE

from tests.unit.figures.shown import draw, holds, marked, told, vertices

BUDGETS = (30.0, 300.0)


@pytest.fixture(scope="module")
def budgets():
    """A frontier table of two budgets: N* ~ C^4/9 up to the compute D^9/4 from which on the samples bind."""
    compute = np.geomspace(1e1, 1e8, 15)
    frames = []
    for budget in BUDGETS:
        size = compute ** (4 / 9)
        columns = {"size": size, "time": compute / size, "loss": size**-0.5 + budget**-0.5, "samples": budget}
        columns |= {f"{name}_{end}": np.nan for name in ("size", "time", "loss", "samples") for end in ("low", "high")}
        told = {"kind": "theory", "method": "envelope", "budget": budget, "compute": compute, "edge": compute < 30}
        binds = np.where(compute > budget ** (9 / 4), "samples", "time")
        frames.append(pd.DataFrame(told | columns | {"binds": binds}))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def figure(settings, tables, budgets):
    frontier = settings()["frontier"]
    predicted = frontier["predicted"] | {"binding_exponent": 9 / 4}
    shared = {"fit": "frontier.envelope", "kind": "theory", "status": "ok", "left_out_because": None}
    binding = pd.DataFrame(
        [
            shared | {"parameter": "binding_exponent", "value": 2.25, "window_low": 30.0, "window_high": 300.0},
            shared | {"parameter": "binding_prefactor", "value": 1.0},
        ]
    )
    fits = pd.concat([tables["fits"], binding.assign(low=np.nan, high=np.nan)])
    asked = settings(frontier=frontier | {"budget": "samples", "predicted": predicted})
    return draw("loss_against_compute", asked, tables, frontier=budgets, fits=fits)


def test_every_optimum_of_every_budget_is_shown(figure, budgets):
    for quantity in ("size", "time", "loss"):
        assert holds(vertices(figure), budgets[["compute", quantity]].to_numpy())


def test_optima_at_which_samples_bind_are_crosses(figure, budgets):
    crosses = marked(figure, "binding")
    assert {line.get_marker() for line in crosses} == {"X"}
    bound = budgets[budgets["binds"] == "samples"]
    assert sum(len(line.get_xdata()) for line in crosses) == 3 * len(bound)
    assert 0 < len(bound) < len(budgets)
    assert "samples bind, not fitted" in told(figure)


def test_a_budget_has_a_colour_and_the_curves_are_grey(figure):
    named = {f"optimum, D = {budget:.0f}" for budget in BUDGETS}
    keys = {text.get_text(): key for text, key in zip(*_entries(figure), strict=True)}
    assert named <= set(keys)
    shades = {to_rgba(keys[name].get_color()) for name in named}
    assert shades == {to_rgba(SECOND_SEQUENCE(place)) for place in (0.0, 1.0)}
    assert not [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]


def test_the_compute_from_which_on_samples_bind_is_told(figure):
    assert "fit binding C ~ D^p" in told(figure) and "predicted p = 2.250" in told(figure)
    assert "fits: of the largest budget" in told(figure)


def test_a_plain_frontier_does_not_speak_of_budgets(settings, tables):
    plain = tables["frontier"].assign(budget=np.nan, binds=None)
    figure = draw("loss_against_compute", settings(), tables, frontier=plain)
    assert not marked(figure, "binding") and "budget" not in told(figure)
    assert [len(line.get_xdata()) for line in marked(figure, "optimum")] == 3 * [int((~plain["edge"]).sum())]


def _entries(figure):
    (legend,) = figure.legends
    return legend.get_texts(), legend.legend_handles
