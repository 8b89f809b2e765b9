"""Stability limits: closed forms and draws' own limits, refusals of study files, rows past the limit."""

import json
import re

import numpy as np
import pytest
from scalefront.catalogue import check_files
from scalefront.errors import StudyError
from scalefront.models.random_features import parameters, stability
from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.simulate import with_status
from scalefront.models.random_features.theory.edge import batch_size, largest_learning_rate, noise_gain
from scalefront.shards import shard_table
from scalefront.spectra import power_law, white
from scipy.optimize import brentq

from tests.unit.study.conftest import Workbench

INF = np.inf
SPECTRUM = power_law(1.25, 0.4, 400, exact=400)


@pytest.fixture
def bench(tmp_path):
    return Workbench(tmp_path)


def test_full_batches_are_stable_up_to_twice_one_plus_momentum_over_the_largest_rate():
    # u_max of theory/dynamical_model.md 7.1
    spectrum = power_law(1.25, 0.4, 1000, exact=1000)
    assert largest_learning_rate(spectrum, 100, 200) == pytest.approx(2 / 1.31629098, rel=1e-8)
    assert largest_learning_rate(spectrum, 200, INF, 0.9) == pytest.approx(3.8 / 1.16311815, rel=1e-8)


@pytest.mark.parametrize("batch", [1, 4, 32, 10000])
def test_at_infinite_width_the_recursion_of_second_moments_is_marginal_at_the_limit(batch):
    # theory/dynamical_model.md 2.6, "N=inf exact": y <- [diag(q) + (eta^2/B) lambda^2 1^T] y
    rate = largest_learning_rate(SPECTRUM, INF, INF, 0.0, batch) * SPECTRUM.eigenvalue
    recursion = np.diag((1 - rate) ** 2 + rate**2 / batch) + np.outer(rate**2, np.ones(400)) / batch
    assert np.abs(np.linalg.eigvals(recursion)).max() == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize(("width", "samples"), [(60, INF), (60, 100), (INF, 100)])
@pytest.mark.parametrize("batch", [1, 4])
def test_all_noise_is_fed_back_at_the_limit(width, samples, batch):
    noisy = batch_size(batch, samples)
    limit = largest_learning_rate(SPECTRUM, width, samples, 0.0, noisy)
    assert noise_gain(SPECTRUM, width, samples, limit * (1 - 1e-9), noisy) == pytest.approx(1, rel=1e-6)
    assert noise_gain(SPECTRUM, width, samples, limit * 0.5, noisy) < 1


def own_limit(rate, batch):
    """Largest stable step size given the rates (N,) of a draw: (eta/B) sum k/(2 - eta (1 + 1/B) k) = 1 (theory 2.6)."""
    edge = 2 / ((1 + 1 / batch) * rate.max())
    fed_back = lambda eta: eta / batch * np.sum(rate / (2 - eta * (1 + 1 / batch) * rate)) - 1  # noqa: E731
    return brentq(fed_back, 0, edge * (1 - 1e-12))


@pytest.mark.parametrize(("batch", "printed"), [(1, 0.39), (4, 1.02), (32, 1.58)])
def test_the_limit_of_sgd_is_that_of_draws_within_a_margin_of_a_quarter(batch, printed):
    # printed: theory/dynamical_model.md 2.6, "draws scatter, keep a margin of 25 %"
    projections = np.random.default_rng(0).standard_normal((20, 60, 400))
    rates = [np.linalg.eigvalsh((a * SPECTRUM.eigenvalue) @ a.T / 60) for a in projections]
    limit = largest_learning_rate(SPECTRUM, 60, INF, 0.0, batch)
    assert limit == pytest.approx(printed, rel=0.25)
    assert limit == pytest.approx(np.mean([own_limit(rate, batch) for rate in rates]), rel=0.25)


@pytest.mark.parametrize("modes", [1, 3, 200])
@pytest.mark.parametrize("batch", [1, 7, 32])
def test_a_white_spectrum_has_its_limit_in_closed_form(modes, batch):
    # at infinite width all k = 1: (eta/B) M/(2 - eta (1 + 1/B)) = 1
    limit = largest_learning_rate(white(modes), INF, INF, 0.0, batch)
    assert limit == pytest.approx(2 / (1 + (modes + 1) / batch), rel=1e-9)


@pytest.mark.parametrize("batch", [None, 1, 32])
@pytest.mark.parametrize(("width", "samples"), [(60, INF), (60, 100), (INF, 100), (INF, INF)])
@pytest.mark.parametrize("spectrum", [SPECTRUM, white(200), power_law(1.01, 0.4, 1e15)], ids=["power", "white", "long"])
def test_a_step_that_is_allowed_without_a_solve_is_below_the_limit_and_few_others_are(spectrum, width, samples, batch):
    noisy = INF if batch is None else batch_size(batch, samples)
    limit = largest_learning_rate(spectrum, width, samples, 0.0, noisy)
    assert 0.6 * limit < stability._surely_stable(spectrum, width, samples, 0.0, batch) < limit


def test_distinct_samples_are_as_noisy_as_more_fresh_ones():
    # the variance of a mean over B of P without repeats: (P - B)/(B (P - 1)) (Cochran, Sampling Techniques, 2.5)
    values, noisy = np.arange(5.0), batch_size(2, 5)
    pairs = [(a + b) / 2 for a in values for b in values if a != b]
    assert np.var(values) / noisy == pytest.approx(np.var(pairs))
    assert batch_size(5, 5) == batch_size(1, 1) == INF
    assert batch_size(3, INF) == 3


def dynamics(**words):
    return {"dynamics": words}


def refused(bench, **changes):
    """The one line with which a study is refused, when read or when its limits are solved for."""
    with pytest.raises(StudyError) as caught:
        check_files(bench.load(bench.changed(**changes)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dynamics(learning_rate=0.1), "learning_rate"),
        (dynamics(optimizer="gradient_descent"), "learning_rate"),
        (dynamics(optimizer="momentum", learning_rate=0.1), "momentum"),
        (dynamics(optimizer="momentum_flow"), "inertia"),
        (dynamics(optimizer="sgd", learning_rate=0.1), "batch"),
        (dynamics(optimizer="gradient_descent", learning_rate=0.1, batch=4), "batch"),
        (dynamics(optimizer="adam"), "gradient_flow | momentum_flow | gradient_descent | momentum | sgd"),
        (
            dynamics(optimizer="sgd", learning_rate=0.1, batch=20) | {"sweep__0__samples": [10]},
            "batch = 20.0: must be at most samples = 10",
        ),
        ({"sweep__0__ensemble": [2], "sweep__0__width": [INF]}, "ensemble = 2.0: must be 1 where width is infinite"),
        ({"sweep__0__bags": [2]}, "bags = 2.0: must be 1 where samples is infinite"),
        ({"sweep__0__ensemble": [INF]}, "ensemble = inf: must be finite (simulation)"),
        (
            dynamics(optimizer="sgd", learning_rate=0.1, batch=1) | {"sweep__0__ensemble": [2]},
            "ensemble = 2.0: must be 1",
        ),
    ],
)
def test_words_that_an_optimizer_does_not_have_are_refused(bench, changes, said):
    assert said in refused(bench, **changes)


@pytest.mark.parametrize(
    "words",
    [
        {"optimizer": "gradient_descent"},
        {"optimizer": "momentum", "momentum": 0.5},
        {"optimizer": "sgd", "batch": 2},
    ],
    ids=lambda words: words["optimizer"],
)
@pytest.mark.parametrize("samples", [INF, 40])
def test_a_step_past_the_limit_is_refused_and_one_below_what_is_said_is_not(bench, words, samples):
    changes = {"sweep__0__samples": [samples], "sweep__0__width": [8]}
    said = refused(bench, **dynamics(learning_rate=20.0, **words), **changes)
    assert "sweep.learning_rate = 20.0" in said and "stability limit" in said
    limit = float(re.search(r"must be below ([\d.]+)", said)[1])
    check_files(bench.load(bench.changed(**dynamics(learning_rate=limit * (1 - 1e-9), **words), **changes)))
    assert "stability limit" in refused(bench, **dynamics(learning_rate=limit * 1.001, **words), **changes)


def test_the_smallest_step_that_is_told_is_allowed_whatever_the_last_time(bench):
    # 1.234e5 of 1e7 steps: 0.01234 to two digits is 0.012, which would be too small
    words, stop = {"optimizer": "sgd", "batch": 1}, {"time__stop": 1.234e5}
    said = refused(bench, **dynamics(learning_rate=1e-3, **words), **stop)
    allowed = float(re.search(r"at least (\S+):", said)[1])
    bench.load(bench.changed(**dynamics(learning_rate=allowed, **words), **stop))


def test_too_many_steps_are_refused_with_the_smallest_step_that_is_not(bench):
    words = {"optimizer": "sgd", "batch": 1}
    said = refused(bench, **dynamics(learning_rate=1e-6, **words))
    allowed = re.search(r"at least (\S+):", said)[1]
    assert float(allowed) == pytest.approx(100 / parameters.MOST_STEPS)  # the study stops at time 100
    bench.load(bench.changed(**dynamics(learning_rate=float(allowed), **words)))


def tables(study, kind):
    return {
        shard.name: shard_table(study.shard_settings(kind, shard.name), {}).to_pandas() for shard in study.shards[kind]
    }


def stepped_study(bench, learning_rate, **words):
    sweep = [{"width": [8], "samples": [INF]}]
    # a twentieth of the draws of 8 features lies beyond 0.97 of the limit: none of 100 once in 160 times
    content = bench.changed(seeds=100, sweep=sweep, **dynamics(learning_rate=learning_rate, **words))
    content["time"] = {"start": 1.0, "stop": 300.0, "points": 7, "spacing": "log", "limit": True}
    study = bench.load(content)
    check_files(study)
    return study


def test_close_to_the_limit_some_draws_diverge_and_the_others_do_not(bench):
    limit = largest_learning_rate(power_law(1.25, 0.4, 200), 8, INF)
    study = stepped_study(bench, 0.97 * limit, optimizer="gradient_descent")
    (table,) = tables(study, "simulation").values()
    ended = table[np.isinf(table["time"])].set_index("seed")
    assert set(ended["status"]) == {"ok", "diverged"}
    for _, draw in table.groupby("seed"):
        diverged = draw.sort_values("time")["status"].to_numpy() == "diverged"
        assert np.all(np.diff(diverged.astype(int)) >= 0)  # once diverged, diverged for good
    assert table.loc[table["status"] == "diverged", ["test_loss", "train_loss"]].isna().all(axis=None)
    assert table.loc[table["status"] == "ok", "test_loss"].notna().all()
    (theory,) = tables(study, "theory").values()
    assert set(theory["status"]) == {"ok"}


@pytest.mark.parametrize("samples", [INF, 40])
def test_rows_of_sgd_are_at_whole_steps_and_never_at_infinite_time(bench, samples):
    words = dynamics(optimizer="sgd", learning_rate=0.05, batch=2)
    study = bench.load(bench.changed(**words, sweep__0={"width": [8], "samples": [samples]}))
    (table,) = tables(study, "simulation").values()
    assert np.isfinite(table["time"]).all()
    np.testing.assert_array_equal(table["steps"], np.rint(table["steps"]))
    np.testing.assert_allclose(table["time"], 0.05 * table["steps"], rtol=1e-15)
    (theory,) = tables(study, "theory").values()
    assert np.isinf(theory["time"]).sum() == 1 and set(theory["status"]) == {"ok"}


@pytest.mark.parametrize(
    "words",
    [{"optimizer": "gradient_descent"}, {"optimizer": "sgd", "batch": 2}],
    ids=lambda words: words["optimizer"],
)
@pytest.mark.parametrize("samples", [INF, 40])
def test_theory_of_an_unstable_point_is_a_row_with_status_diverged(bench, words, samples):
    # a study that names its spectrum is refused before; one on bundled data knows it in the job alone
    study = bench.load(
        bench.changed(**dynamics(learning_rate=8.0, **words), sweep__0={"width": [8], "samples": [samples]})
    )
    (table,) = tables(study, "theory").values()
    late = table[table["time"] > 50]
    assert len(late) > 0 and set(late["status"]) == {"diverged"}
    assert late[["test_loss", "train_loss"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"optimizer": "sgd", "learning_rate": 0.005, "batch": 8},
    ],
    ids=lambda words: words.get("optimizer", "gradient_flow"),
)
def test_a_white_spectrum_is_a_study_like_others(bench, words):
    content = bench.changed(sweep__0={"width": [30], "samples": [INF]}, dynamics=words, seeds=4)
    content["spectrum"] = {"kind": "white", "modes": 40}
    content["time"] = {"values": [0.5, 2.0, 20.0]}
    study = bench.load(content)
    check_files(study)
    for kind in ("simulation", "theory"):
        (table,) = tables(study, kind).values()
        assert set(table["status"]) == {"ok"} and set(table["spectrum"]) == {"white"}
        assert np.all(table["test_loss"] < 1)  # L(0) = 1


DESCENT = Method("gradient_descent", 0.5)


def statuses(train, counts, method, largest_rate):
    losses = np.array(train, float)
    test, train, status = with_status(losses, losses, np.array(counts, float), method, largest_rate)
    assert np.all(np.isnan(test) == (status == "diverged"))
    return list(status)


def test_a_draw_past_its_limit_diverges_where_it_outgrows_its_start_and_at_last_in_any_case():
    counts = [0, 1, 2, 3, INF]
    assert statuses([2, 1, 3, 1, 0.5], counts, DESCENT, 5.0) == ["ok", "ok", "diverged", "diverged", "diverged"]
    assert statuses([2, 1, 1, 1, 0.5], counts, DESCENT, 5.0) == ["ok"] * 4 + ["diverged"]
    assert statuses([2, 1, 3, 1, 0.5], counts, DESCENT, 3.0) == ["ok"] * 5  # noise may raise a stable loss


def test_a_run_of_sgd_diverges_a_thousand_times_above_its_start():
    method = Method("sgd", 0.5, batch=1)
    assert statuses([2, 1999, 2001, 1], [0, 1, 2, 3], method, 9.0) == ["ok", "ok", "diverged", "diverged"]
    assert statuses([2, np.inf, np.nan, 1], [0, 1, 2, 3], method, 9.0) == ["ok", "diverged", "diverged", "diverged"]


def test_a_draw_that_has_grown_before_the_first_time_asked_for_is_diverged(bench):
    limit = largest_learning_rate(power_law(1.25, 0.4, 200), 8, INF)
    study = stepped_study(bench, 0.97 * limit, optimizer="gradient_descent")
    settings = study.shard_settings("simulation", "width-8_samples-inf")
    whole = shard_table(settings, {}).to_pandas()
    late = shard_table(json.loads(json.dumps(settings)) | {"time": settings["time"][-2:]}, {}).to_pandas()
    expected = whole[whole["time"].isin(late["time"])].set_index(["seed", "time"])["status"]
    assert late.set_index(["seed", "time"])["status"].equals(expected)
    assert "diverged" in set(late["status"])
