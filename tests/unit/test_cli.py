"""The command line: what it prints, and how it refuses."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from scalefront.claims import SCHEMA
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
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
