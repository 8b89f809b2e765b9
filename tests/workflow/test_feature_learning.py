"""A study of feature learning from its file to figures: fits, a frontier and claims by words, order parameters."""

import copy
import shutil

import numpy as np
import pytest
from scalefront.tables import read

from .conftest import INF, Run

RICH = {
    "title": "Two sources, lazy and rich",
    "model": "feature_learning",
    "seed": 5,
    "seeds": 3,
    "spectrum": {"kind": "power_law", "capacity": 1.5, "source": 0.5, "modes": 1e6},
    "time": {"start": 0.1, "stop": 1e3, "points": 21},
    "sweep": [
        {
            "curves": ["theory"],
            "source": [0.5, 0.75],
            "richness": [0, 1],
            "width": {"start": 4, "stop": 64, "points": 5},
            "samples": [INF],
            "fan_out": ["source"],
        },
        {"modes": 100, "width": [16], "samples": [24], "richness": [1], "fan_out": []},
        {
            "curves": ["theory"],
            "source": [0.5, 0.75],
            "richness": [0, 1],
            "width": [INF],
            "samples": [INF],
            "fan_out": [],
        },
    ],
    "fits": {
        "chi": {
            "of": "test_loss",
            "against": "time",
            "by": ["source", "richness"],
            "where": {"kind": "theory", "width": INF},
            "predicted": "time_bottleneck",
        },
        "agreement": {"of": "test_loss", "law": "relative_difference", "where": {"modes": 100}},
    },
    "frontier": {
        "size": "width",
        "compute": ["width", "time"],
        "by": ["source", "richness"],
        "where": {"kind": "theory", "modes": 1e6},
    },
    "order_parameters": {"where": {"modes": 100}},
    "claims": [
        {
            "id": "time",
            "statement": "L ~ t^-chi",
            "quantity": "chi.exponent",
            "relation": "equals",
            "predicted": "time_bottleneck",
            "tolerance": 0.1,
        },
        {
            "id": "loss",
            "statement": "L* ~ C^-r of the rich",
            "quantity": "frontier.envelope.loss_exponent",
            "where": {"richness": 1},
            "relation": "equals",
            "predicted": "frontier_loss",
            "tolerance": 0.1,
        },
    ],
    "figures": ["phase_diagram", "exponents_against", "equal_times"],
}
GROUPS = [f"source-{source}_richness-{richness}" for source in (0.5, 0.75) for richness in (0, 1)]


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """The study, run once; tests copy it before they change anything."""
    run = Run(tmp_path_factory.mktemp("rich") / "work")
    run.study(RICH)
    run.snakemake()
    return run


def test_a_run_leaves_the_groups_of_fits_frontier_and_claims(rich):
    curves, fits = (read(rich.result(f"small/{name}.parquet")) for name in ("curves", "fits"))
    assert (curves["status"] == "ok").all() and set(curves["model"]) == {"feature_learning"}
    names = {f"chi.{group}" for group in GROUPS} | {f"frontier.envelope.{group}" for group in GROUPS} | {"agreement"}
    assert set(fits["fit"]) == names
    exponents = fits[fits["parameter"] == "exponent"].set_index("fit")
    for group in GROUPS:
        row = exponents.loc[f"chi.{group}"]
        assert row["status"] == "ok" and abs(row["value"] - row["predicted"]) < 0.1
    claims = read(rich.result("small/claims.parquet")).set_index("id")["verdict"]
    assert set(claims.index) == {f"time.{group}" for group in GROUPS} | {f"loss.{g}" for g in GROUPS if g.endswith("1")}
    assert (claims[[f"time.{group}" for group in GROUPS]] == "confirmed").all()


def test_simulation_and_theory_are_of_the_same_point(rich):
    curves = read(rich.result("small/curves.parquet"))
    simulated = curves[curves["kind"] == "simulation"]
    (point,) = simulated["point"].unique()
    theory = curves[(curves["kind"] == "theory") & (curves["point"] == point)]
    assert simulated.groupby("seed").size().tolist() == 3 * [len(theory)]
    mean = simulated.groupby("time")["test_loss"].mean()
    np.testing.assert_allclose(mean, theory.set_index("time")["test_loss"], rtol=0.5)  # three draws


def test_the_order_parameters_are_those_of_the_asked_point(rich):
    found = read(rich.result("small/order_parameters.parquet"))
    assert found["quantity"].value_counts().index.isin(["C_w", "C_h", "C_g", "R_h", "R_w"]).all()
    assert (found["status"] == "ok").all() and (found["modes"] == 100).all() and found["point"].nunique() == 1


def test_every_figure_is_drawn(rich):
    for figure in RICH["figures"]:
        for suffix in ("svg", "png"):
            assert rich.result(f"small/figures/{figure}.{suffix}").stat().st_size > 1000


def test_a_second_run_has_nothing_to_do(rich):
    assert "Nothing to be done" in rich.snakemake().stderr


def test_adding_a_source_solves_that_source_alone(rich, tmp_path):
    shutil.copytree(rich.folder, tmp_path / "work", copy_function=shutil.copy2)
    run, theory = Run(tmp_path / "work"), "small/shards/theory/*.parquet"
    before, content = run.states(theory), copy.deepcopy(RICH)
    content["sweep"][0]["source"] = [0.5, 0.75, 1.25]
    run.study(content)
    planned = run.planned()
    assert planned["solve"] == planned["merge"] == 1 and "simulate" not in planned and "correlate" not in planned
    run.snakemake("results/small/curves.parquet")
    after = run.states(theory)
    assert {name: after[name] for name in before} == before and len(after) == len(before) + 1
    sources = read(run.result("small/curves.parquet"))["source"]
    assert set(sources) == {0.5, 0.75, 1.25}
