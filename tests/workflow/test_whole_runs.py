"""The way of the data from a study file to figures, and what is computed again after which change."""

import copy

import numpy as np
import pytest
from scalefront.tables import read, read_metadata

from .conftest import INF, SMALL

KEYS = ["kind", "point", "seed", "time"]
LOSSES = ["test_loss", "train_loss"]


def changed(**changes):
    return copy.deepcopy(SMALL) | changes


def same_rows(first, second):
    """Whether two curves tables hold the same rows in the same order, losses to 1e-10 relative."""
    a, b = read(first), read(second)
    assert a.drop(columns=LOSSES).equals(b.drop(columns=LOSSES))
    for loss in LOSSES:
        np.testing.assert_allclose(a[loss], b[loss], rtol=1e-10, atol=1e-13)


def test_a_run_leaves_all_tables_and_figures(finished):
    for name in ("small/curves.parquet", "small/fits.parquet", "small/frontier.parquet", "small/claims.parquet"):
        assert len(read(finished.result(name)))
    assert read(finished.result("claims.parquet"))["verdict"].isin(["confirmed", "refuted", "inconclusive"]).all()
    assert "L ~ t^-source" in finished.result("claims.md").read_text()
    assert finished.result("small/figures/loss_against_time.svg").stat().st_size > 1000
    assert finished.result("small/figures/loss_against_time.png").stat().st_size > 1000


def test_the_curves_hold_both_kinds_every_seed_and_their_making(finished):
    curves = read(finished.result("small/curves.parquet"))
    simulated = curves[curves["kind"] == "simulation"]
    assert simulated.groupby("point")["seed"].nunique().tolist() == [3] * 4
    assert curves.loc[curves["kind"] == "theory", "seed"].isna().all()


def test_every_table_says_how_it_was_made(finished):
    for name in ("curves", "fits", "frontier", "claims"):
        told = read_metadata(finished.result(f"small/{name}.parquet"))
        assert told["seed"] == 5 and told["schema_version"] == 1 and len(told["code"]) == 16
        assert set(told["packages"]) >= {"jax", "numpy"}
    assert read_metadata(finished.result("small/curves.parquet"))["compute"] == ["width", "time"]


def test_rows_are_sorted_by_kind_swept_words_seed_and_time(finished):
    curves = read(finished.result("small/curves.parquet"))
    words = ["kind", "modes", "width", "samples", "seed", "time"]
    assert curves[words].equals(curves.sort_values(words, kind="stable", na_position="first")[words])


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.snakemake().stderr


@pytest.mark.slow
def test_other_shards_one_core_and_reverse_order_give_the_same_rows(finished, fresh):
    content = changed()
    for number, fan_out in enumerate((["samples"], ["width"], [])):
        content["sweep"][number]["fan_out"] = fan_out
    fresh.study(content)
    for shard in ("simulation/samples-inf", "theory/width-1000", "simulation/samples-24"):  # the last ones first
        fresh.snakemake(f"results/small/shards/{shard}.parquet", cores=1)
    fresh.snakemake("results/small/curves.parquet", cores=1)
    same_rows(finished.result("small/curves.parquet"), fresh.result("small/curves.parquet"))


def test_adding_a_width_simulates_that_width_alone(continued):
    before = continued.states()
    content = changed()
    content["sweep"][0]["width"] = [8, 12, 16]
    continued.study(content)
    planned = continued.planned()
    assert planned["simulate"] == 2  # samples = inf and 24
    assert planned["solve"] == planned["merge"] == planned["fit"] == planned["judge"] == 1
    continued.snakemake("results/small/curves.parquet")
    after = continued.states()
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == ["width-12_samples-24.parquet", "width-12_samples-inf.parquet"]


def test_a_changed_frontier_simulates_nothing(continued):
    continued.study(changed(frontier=SMALL["frontier"] | {"compute": ["width", "samples", "time"]}))
    planned = continued.planned()
    assert "simulate" not in planned and "solve" not in planned and planned["merge"] == 1


def test_the_gathered_claims_hold_those_of_earlier_studies(continued):
    continued.study(changed(title="Another"), "second")
    continued.snakemake(study="second.yaml")
    assert set(read(continued.result("claims.parquet"))["study"]) == {"small", "second"}


def test_another_study_makes_nothing_of_an_earlier_one_anew(continued):
    (continued.folder / "config" / "studies").mkdir(parents=True)
    continued.study(changed(seed=6), "config/studies/small")
    continued.study(changed(title="Another"), "second")
    done = continued.snakemake("--dry-run", study="second.yaml")
    assert "second" in done.stdout and "small/" not in done.stdout.replace("small/claims", "")


def test_another_source_gives_other_numbers_verdicts_and_figures(finished, fresh):
    content = changed()
    content["spectrum"] = content["spectrum"] | {"source": 0.8}
    fresh.study(content)
    fresh.snakemake()
    old, new = (read(run.result("small/claims.parquet")).set_index("id") for run in (finished, fresh))
    assert old.loc["time_bottleneck", "predicted"] == -0.4 and new.loc["time_bottleneck", "predicted"] == -0.8
    assert abs(old.loc["time_bottleneck", "value"] - new.loc["time_bottleneck", "value"]) > 0.2
    figure = "small/figures/loss_against_time.svg"
    assert finished.result(figure).read_bytes() != fresh.result(figure).read_bytes()


def test_a_changed_comment_reruns_nothing(checkout):
    assert checkout.planned() == {}
    undo = checkout.edit("models/random_features/theory/loss_curves.py", "\n\n\n", "\n\n\n# a remark\n")
    assert checkout.planned() == {}
    undo()


def test_a_changed_constant_of_the_solver_reruns_theory_and_nothing_of_the_simulation(checkout):
    undo = checkout.edit("models/random_features/theory/loss_curves.py", "\n\n\n", "\n\n\nCONSTANT = 1\n\n\n")
    planned = checkout.planned()
    assert planned["solve"] == 1 and planned["merge"] == 1
    assert "simulate" not in planned
    undo()
    assert checkout.planned() == {}


STEPPED = {
    "title": "Steps, ensembles and order parameters",
    "model": "random_features",
    "seed": 2,
    "seeds": 4,
    "spectrum": {"kind": "power_law", "capacity": 1.25, "source": 0.4, "modes": 100},
    "time": {"start": 1, "stop": 50, "points": 6, "limit": True},
    "sweep": [
        {"width": 12, "samples": [24, INF], "optimizer": "sgd", "learning_rate": 0.3, "batch": 4, "fan_out": []},
        {"width": 12, "samples": 24, "optimizer": "momentum", "learning_rate": 0.3, "momentum": 0.5, "fan_out": []},
        {"width": 12, "samples": 24, "ensemble": [1, 2], "bags": [1, 2], "fan_out": []},
    ],
    "order_parameters": {"where": {"optimizer": "gradient_flow", "ensemble": 1, "bags": 1}, "index": [1, 5]},
    "fits": {"sgd": {"of": "test_loss", "law": "relative_difference", "where": {"optimizer": "sgd"}}},
    "figures": ["loss_by_dynamics", "transfer_functions"],
}


@pytest.mark.slow
def test_a_study_of_steps_ensembles_and_order_parameters(fresh):
    fresh.study(STEPPED, "stepped")
    fresh.snakemake(study="stepped.yaml")
    curves = read(fresh.result("stepped/curves.parquet"))
    assert (curves["status"] == "ok").all()
    stepped = curves[curves["learning_rate"].notna() & np.isfinite(curves["time"])]
    np.testing.assert_allclose(stepped["steps"] * stepped["learning_rate"], stepped["time"])
    assert (stepped["steps"] == stepped["steps"].round()).all()
    sgd = curves[(curves["optimizer"] == "sgd") & (curves["kind"] == "simulation")]
    assert np.isfinite(sgd["time"]).all() and sgd.groupby("point")["seed"].nunique().tolist() == [4, 4]
    found = read(fresh.result("stepped/order_parameters.parquet"))
    assert set(found["quantity"]) == {"H", "R1", "R3", "R02", "R24", "C0", "C1", "C2", "C3", "density"}
    losses = curves[(curves["kind"] == "theory") & curves["point"].isin(found["point"]) & np.isfinite(curves["time"])]
    same = found[(found["quantity"] == "C0") & (found["time"] == found["other_time"])]
    np.testing.assert_allclose(same["value"], losses["test_loss"], rtol=1e-9)
    assert read_metadata(fresh.result("stepped/order_parameters.parquet"))["seed"] == 2
    for figure in STEPPED["figures"]:
        assert fresh.result(f"stepped/figures/{figure}.png").stat().st_size > 1000
    assert "Nothing to be done" in fresh.snakemake(study="stepped.yaml").stderr


@pytest.mark.slow
def test_runs_of_sgd_do_not_depend_on_shards(fresh, tmp_path):
    content = STEPPED | {
        "sweep": [STEPPED["sweep"][0] | {"curves": "simulation"}],
        "order_parameters": None,
        "fits": {},
    }
    other = type(fresh)(tmp_path / "other")
    for run, fan_out in ((fresh, []), (other, ["width", "samples"])):
        content["sweep"][0]["fan_out"] = fan_out
        run.study(content, "stepped")
        run.snakemake("results/stepped/curves.parquet", study="stepped.yaml")
    same_rows(fresh.result("stepped/curves.parquet"), other.result("stepped/curves.parquet"))


def test_a_step_size_past_its_limit_is_refused_with_the_limit(fresh):
    content = copy.deepcopy(STEPPED)
    content["sweep"][1]["learning_rate"] = 2.5
    fresh.study(content, "stepped")
    done = fresh.snakemake("--dry-run", study="stepped.yaml", check=False)
    (line,) = [line for line in done.stderr.splitlines() if "learning_rate" in line]
    assert done.returncode == 1 and "sweep.learning_rate = 2.5: must be below 1." in line
