"""From a shipped study to verdicts: theory, fits and claims in one process, without the workflow."""

import copy
from pathlib import Path

import pandas as pd
import pytest
from scalefront.catalogue import load_study
from scalefront.claims import judge_all
from scalefront.models.feature_learning import exponents, phases
from scalefront.models.feature_learning.phases import time_exponent
from scalefront.results import study_fits
from scalefront.shards import shard_table

STUDIES = Path(__file__).parents[2] / "config" / "studies"


def theory_fits(study):
    settings = {"study": study.name, "model": study.model, "fits": study.fits, "frontier": study.frontier}
    shards = [study.shard_settings("theory", shard.name) for shard in study.shards["theory"]]
    curves = pd.concat([shard_table(shard, {}).to_pandas() for shard in shards])
    return study_fits(settings | {"window": "auto"}, curves)[0]


@pytest.fixture(scope="module")
def easy():
    """The study with a - 1 > b, where the paper's width exponent and the exact theory part ways, and its fits."""
    study = load_study(STUDIES / "lazy_a3_b125.yaml")
    return study, theory_fits(study)


def verdicts(study, claims, fits):
    return judge_all(study.name, study.paper, claims, fits).set_index("id")["verdict"]


def test_beyond_source_one_the_exponents_of_the_paper_are_refuted_and_the_derived_ones_confirmed(easy):
    study, fits = easy
    found = verdicts(study, study.claims, fits)
    for name in ("width_bottleneck", "frontier_width", "frontier_time", "frontier_loss"):
        assert found[name] == "confirmed"
        assert found[f"{name}_paper"] == "refuted"


def test_swapping_the_predictions_of_two_claims_swaps_their_verdicts(easy):
    study, fits = easy
    claims = {claim["id"]: copy.deepcopy(claim) for claim in study.claims}
    derived, stated = claims["width_bottleneck"], claims["width_bottleneck_paper"]
    derived["predicted"], stated["predicted"] = stated["predicted"], derived["predicted"]
    found = verdicts(study, [derived, stated], fits)
    assert found["width_bottleneck"] == "refuted"
    assert found["width_bottleneck_paper"] == "confirmed"


def test_the_fits_do_not_see_the_predictions(easy):
    study, fits = easy
    other = {name: fit | {"predicted": None} for name, fit in study.fits.items()}
    settings = {"study": study.name, "model": study.model, "fits": other, "window": "auto"}
    shards = [study.shard_settings("theory", shard.name) for shard in study.shards["theory"]]
    curves = pd.concat([shard_table(shard, {}).to_pandas() for shard in shards])
    again = study_fits(settings | {"frontier": study.frontier | {"predicted": {}}}, curves)[0]
    assert again.drop(columns="predicted").equals(fits.drop(columns="predicted"))


RICH = """
title: A hard task, rich
model: feature_learning
spectrum: {kind: power_law, capacity: 1.5, source: 0.5, modes: 1e12}
time: {start: 1, stop: 1e6, points: 61}
sweep: {curves: theory, width: .inf, samples: .inf, richness: [0, 1]}
fits: {chi: {of: test_loss, against: time, where: {width: .inf}, by: richness, predicted: time_bottleneck}}
claims:
  - {id: time, statement: L ~ t^-chi, quantity: chi.exponent, relation: equals, predicted: time_bottleneck,
     tolerance: 0.02}
"""


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "confirmed"), (1.25, "refuted"), (0.8, "refuted")])
def test_a_wrong_law_of_rich_networks_is_refuted(tmp_path, monkeypatch, factor, expected):
    def law(*point):
        return factor * time_exponent(*point)

    for module in (phases, exponents):
        monkeypatch.setattr(module, "time_exponent", law)
    (tmp_path / "rich.yaml").write_text(RICH)
    study = load_study(tmp_path / "rich.yaml")
    found = judge_all(study.name, study.paper, study.claims, theory_fits(study))
    assert found["verdict"].tolist() == [expected, expected]


GROUPS = """
title: Two sources, lazy
model: random_features
spectrum: {kind: power_law, capacity: 1.5, modes: 1e12}
time: {start: 1, stop: 1e6, points: 61}
sweep: {curves: theory, width: .inf, samples: .inf, source: [0.4, 0.8]}
fits: {chi: {of: test_loss, against: time, where: {width: .inf}, by: source, predicted: time_bottleneck}}
claims:
  - {id: time, statement: L ~ t^-source, quantity: chi.exponent, relation: equals, predicted: time_bottleneck,
     tolerance: 0.02, relative_tolerance: 0.03}
  - {id: wrong, statement: L ~ t^-0.4, quantity: chi.exponent, relation: equals, predicted: -0.4, tolerance: 0.02}
"""


def test_a_claim_by_words_is_judged_for_every_group(tmp_path):
    (tmp_path / "two_sources.yaml").write_text(GROUPS)
    study = load_study(tmp_path / "two_sources.yaml")
    found = judge_all(study.name, study.paper, study.claims, theory_fits(study)).set_index("id")
    assert found["tolerance"].tolist() == pytest.approx([0.012, 0.02, 0.02, 0.02])
    assert found["verdict"].to_dict() == {
        "time.source-0.4": "confirmed",
        "time.source-0.8": "confirmed",
        "wrong.source-0.4": "confirmed",
        "wrong.source-0.8": "refuted",
    }


NOISY = """
title: Noise of batches that rules from t = 14 on
model: feature_learning
spectrum: {kind: power_law, capacity: 2, source: 2.5, modes: 1e8}
dynamics: {optimizer: sgd_flow, learning_rate: 0.4, batch: 4}
time: {start: 0.1, stop: 1e5, points: 31}
sweep: {curves: theory, width: .inf, samples: .inf, richness: 0}
fits:
  late: {of: test_loss, against: time, window: [100, 1e5], where: {kind: theory}, predicted: sgd_time_bottleneck}
  early: {of: test_loss, against: time, window: [2, 30], where: {kind: theory}, predicted: sgd_time_bottleneck}
claims:
  - {id: late, statement: L ~ t^-1.5, quantity: late.exponent, relation: equals, predicted: sgd_time_bottleneck,
     tolerance: 0.05}
  - {id: early, statement: L ~ t^-1.5, quantity: early.exponent, relation: equals, predicted: sgd_time_bottleneck,
     tolerance: 0.05}
  - {id: number, statement: L ~ t^-1.5, quantity: early.exponent, relation: equals, predicted: -1.5, tolerance: 0.05}
"""


def test_a_power_that_rules_late_is_judged_late(tmp_path):
    """The onset goes from the model's prediction through the study file into the verdict."""
    (tmp_path / "noisy.yaml").write_text(NOISY)
    study = load_study(tmp_path / "noisy.yaml")
    since = {claim["id"]: claim["since"] for claim in study.claims}
    assert since == {"late": pytest.approx(13.86, rel=1e-3), "early": since["late"], "number": 0.0}
    found = judge_all(study.name, study.paper, study.claims, theory_fits(study)).set_index("id")
    assert found.loc[["late", "early"], "verdict"].tolist() == ["confirmed", "inconclusive"]
    assert "up to x = 14" in found.loc["early", "reason"] and "another power" not in found.loc["number", "reason"]
