"""The command line: what it prints, and how it refuses."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.console import Console
from scalefront import catalogue, cli
from scalefront.claims import SCHEMA
from scalefront.errors import StudyError
from scalefront.parameter import Parameter
from scalefront.prediction import Prediction
from scalefront.screen import MOST_CLAIMS, claims_table, next_steps
from scalefront.tables import write

SCALEFRONT = [sys.executable, "-c", "from scalefront.cli import main; main()"]


def scalefront(*arguments, folder, check=True):
    done = subprocess.run([*SCALEFRONT, *arguments], cwd=folder, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


STUDY = """
title: Two widths
model: random_features
spectrum: {kind: power_law, capacity: 1.5, source: 0.5, modes: 1e6}
time: {start: 1, stop: 100, points: 3, limit: true}
sweep: {curves: theory, width: [8, 16], samples: [.inf]}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "two.yaml").write_text(STUDY)
    return tmp_path


def test_check_counts_points_and_shards(folder):
    said = scalefront("check", "two.yaml", folder=folder).stdout
    assert "Two widths" in said and said.split("theory")[1].split()[:4] == ["2", "2", "1", "4"]


def test_check_knows_shipped_studies_by_name(folder):
    assert "handwritten" in scalefront("check", "digits", folder=folder).stdout.lower()


def test_solve_writes_the_theory_as_parquet_or_csv(folder):
    scalefront("solve", "two.yaml", folder=folder)
    scalefront("solve", "two.yaml", "--output", "two.csv", folder=folder)
    parquet, text = pd.read_parquet(folder / "two_theory.parquet"), pd.read_csv(folder / "two.csv")
    assert len(parquet) == len(text) == 8
    assert parquet["test_loss"].to_numpy() == pytest.approx(text["test_loss"].to_numpy())


def test_predict_prints_stated_and_derived_exponents(folder):
    said = scalefront("predict", "--capacity", "1.25", "--source", "1.6", folder=folder).stdout
    lines = {line.split()[0]: line.split()[1] for line in said.splitlines() if line[:1].isalpha()}
    assert lines["width_bottleneck"] == "-1.2500"  # min(a - 1, b), theory/dynamical_model.md 5
    assert lines["width_bottleneck_paper"] == "-2.0000"  # min(a - 1, 2b)


def test_check_counts_every_group(folder):
    fit = "{of: test_loss, against: width, where: {time: 10}, by: source}"
    claim = "{id: c, statement: s, quantity: early.exponent, relation: below, predicted: 0}"
    grid = STUDY.replace("[8, 16]", "[8, 16, 32, 64, 128], source: [0.5, 0.6, 0.7]")
    (folder / "groups.yaml").write_text(f"{grid}fits: {{early: {fit}}}\nclaims: [{claim}]\n")
    assert "3 fits, 3 claims, 0 figures" in scalefront("check", "groups.yaml", folder=folder).stdout


def predicted_by(monkeypatch, **words):
    """What `predict` finds of a model of its own, whose only prediction is its capacity times its richness."""

    def predictions(capacity, source, richness, optimizer):
        where = f"source {source:g}, {optimizer}"
        return {"product": Prediction(capacity * richness, "a product", "nobody", True, where)}

    parameters = [Parameter("capacity"), Parameter("source"), Parameter("richness", default=3.0, low=0), OPTIMIZER]
    examples = {"capacity": 2.0, "source": 0.5, "richness": 1.0, "optimizer": "sgd"}
    modules = {
        "parameters": SimpleNamespace(PARAMETERS=parameters),
        "exponents": SimpleNamespace(PREDICTED_BY=examples, predictions=predictions),
    }
    monkeypatch.setitem(catalogue.REGISTRY, "toy", "nowhere")
    monkeypatch.setattr(catalogue, "part", lambda _, name: modules[name])
    cli.predict(**{"capacity": 2.0, "source": 0.7, "model": "toy"} | words)


OPTIMIZER = Parameter("optimizer", default="flow", choices=("flow", "sgd"))


def test_predict_takes_the_further_words_of_a_model_or_their_defaults(monkeypatch, capsys):
    predicted_by(monkeypatch)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "at richness 3, optimizer flow" and said[1].split()[:2] == ["product", "6.0000"]
    assert "source 0.7, flow" in said[2]
    predicted_by(monkeypatch, richness=0.5)
    assert capsys.readouterr().out.splitlines()[1].split()[1] == "1.0000"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"richness": -1.0}, "--richness = -1.0: must be a number >= 0"),
        ({"depth": 2.0}, "--depth = 2.0: toy predicts by capacity, source, richness, optimizer alone"),
    ],
)
def test_predict_refuses_what_the_model_does_not_have(monkeypatch, words, said):
    with pytest.raises(StudyError, match=said):
        predicted_by(monkeypatch, **words)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "--capacity", "2", "--source", "1", "--richness", "1"], "random_features predicts by capacity,"),
        (["check", "absent"], "absent"),
        (["predict", "--capacity", "1", "--source", "0.4"], "--capacity = 1.0: must be a number > 1"),
        (["predict", "--capacity", "2", "--source", "-1"], "--source"),
        (["predict", "--capacity", "2", "--source", "1", "--model", "x"], "random_features"),
        (["solve", "two.yaml", "--output", "two.txt"], ".parquet or .csv"),
        (["claims"], "no such file"),
        (["solve", "two.yaml", "--output", "."], "--output"),
        (["solve", "two.yaml", "--output", "absent/two.csv"], "a folder that exists"),
        (["run", "two.yaml", "--cores", "none"], "--cores = 'none'"),
        (["run", "two.yaml", "--cores", "0"], "--cores"),
        (["run", "absent.yaml"], "absent.yaml"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(folder, arguments, said):
    done = scalefront(*arguments, folder=folder, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and said in done.stderr


CLAIM = {"study": "s", "paper": "", "quantity": "q", "relation": "equals", "predicted": -0.5, "value": -0.501}
CLAIM |= {"low": -0.51, "high": -0.49, "tolerance": 0.02, "reason": ""}


def verdicts(**counts):
    rows = [
        CLAIM | {"id": f"{verdict}{number}", "statement": f"{verdict} statement {number}", "verdict": verdict}
        for verdict, count in counts.items()
        for number in range(count)
    ]
    return pd.DataFrame(rows)[list(SCHEMA)].astype(SCHEMA)


def shown(table, width):
    console = Console(width=width, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_a_long_claims_table_shows_what_is_not_confirmed_first(width):
    lines = shown(claims_table(verdicts(confirmed=30, refuted=2, inconclusive=1), width, most=10), width)
    assert len(lines) == 11  # a header and ten rows
    assert "refuted" in lines[1] and "refuted" in lines[2] and "inconclusive" in lines[3]
    assert all(len(line) <= width for line in lines)


def test_the_closing_lines_count_the_verdicts_and_say_where_all_stand():
    said = next_steps(verdicts(confirmed=30, refuted=2, inconclusive=1), "results/report.html")
    assert said.startswith("2 refuted, 1 inconclusive, 30 confirmed") and "results/claims.md" in said
    assert len(said.splitlines()) + MOST_CLAIMS + 1 <= 25


def test_only_statements_and_names_of_studies_are_cut():
    table = verdicts(refuted=1, inconclusive=1).assign(study="a_long_name_of_a_study", statement="a statement " * 9)
    for line in shown(claims_table(table, 80), 80)[1:]:
        assert "-0.501 [-0.510, -0.490]" in line and ("refuted" in line or "inconclusive" in line)


def test_all_claims_are_shown_in_their_order_without_a_limit(folder):
    write(folder / "claims.parquet", verdicts(confirmed=20, refuted=1), {})
    lines = scalefront("claims", ".", folder=folder).stdout.splitlines()
    assert len(lines) == 22 and "refuted" in lines[-1]


def test_a_file_that_is_no_table_is_named(folder):
    Path(folder / "claims.parquet").write_text("not a table")
    done = scalefront("claims", ".", folder=folder, check=False)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "claims.parquet" in done.stderr


def test_another_table_is_no_table_of_claims(folder):
    write(folder / "fits.parquet", pd.DataFrame({"fit": ["a"]}), {})
    done = scalefront("claims", "fits.parquet", folder=folder, check=False)
    assert done.returncode == 1 and "not a table of claims" in done.stderr


def test_what_is_refused_leaves_nothing(folder):
    scalefront("run", "two.yaml", "--cores", "none", folder=folder, check=False)
    assert [path.name for path in folder.iterdir()] == ["two.yaml"]
