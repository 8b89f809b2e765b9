"""Parquet tables: atomic writes, the schema of curves, a merge that streams and sorts, refusals of what is not ours."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalefront.command_line import note
from scalefront.errors import StudyError
from scalefront.tables import Curve, curves_table, merge, read, read_metadata, write

WORDS = ["spectrum", "width", "samples"]
TIME = np.array([1.0, 10.0, math.inf])


def curve(width, samples=math.inf, seed=None, loss=1.0):
    parameters = {"spectrum": "power_law", "width": width, "samples": samples}
    losses = loss / np.array([1.0, 2.0, 4.0])
    return Curve(f"{int(min(width, 1e9)):012x}", parameters, seed, TIME, losses, losses, np.full(3, "ok"))


def table(*curves, kind="theory"):
    return curves_table("study", "random_features", kind, WORDS, {"spectrum"}, curves)


LEADING = ["study", "model", "kind", "point", "seed"]
MEASURED = ["time", "steps", "compute", "test_loss", "train_loss", "status"]


def test_the_columns_are_those_of_the_contract():
    made = table(curve(8.0))
    assert made.schema.names == [*LEADING, *WORDS, *MEASURED]
    assert str(made.schema.field("width").type) == "double"


def test_compute_is_the_product_of_the_named_columns(tmp_path):
    write(tmp_path / "s.parquet", table(curve(8.0)), {})
    merge([tmp_path / "s.parquet"], tmp_path / "m.parquet", ("width",), {}, ["width", "time"])
    assert read(tmp_path / "m.parquet")["compute"].tolist() == [8.0, 80.0, math.inf]


def test_text_has_one_type_in_all_tables(tmp_path):
    write(tmp_path / "f.parquet", pd.DataFrame({"fit": ["a"], "value": [1.0]}), {})
    assert str(pq.read_schema(tmp_path / "f.parquet").field("fit").type) == "string"


def test_a_file_that_is_no_table_is_named_with_what_to_do(tmp_path):
    (tmp_path / "s.parquet").write_bytes(b"PAR1 cut off")
    for reading in (read, read_metadata, lambda path: merge([path], tmp_path / "m.parquet", (), {})):
        with pytest.raises(StudyError, match=r"s\.parquet: not a whole Parquet table; remove it and run again"):
            reading(tmp_path / "s.parquet")


def test_a_damaged_table_is_named_and_never_read_as_another(tmp_path):
    whole, path = tmp_path / "whole.parquet", tmp_path / "t.parquet"
    frame = pd.DataFrame({"value": np.random.default_rng(0).random(500), "fit": ["a", "bb"] * 250})
    write(whole, frame, {})
    content, random = whole.read_bytes(), np.random.default_rng(1)
    refused = 0
    for number in range(300):
        damaged = bytearray(content)
        if number % 3:
            damaged[random.integers(len(content))] ^= 1 << random.integers(8)
        else:
            damaged = damaged[: random.integers(len(content))]
        path.write_bytes(damaged)
        try:
            assert read(path).equals(frame)
        except StudyError:
            refused += 1
    assert refused > 150


FRAME = pd.DataFrame({"fit": ["a"], "value": [1.0]})


def foreign(path):
    FRAME.to_parquet(path)


def of_the_future(path):
    write(path, FRAME, {"schema_version": 99})


def with_another_column(path):
    write(path, FRAME, {})
    table = pq.read_table(path)
    pq.write_table(table.append_column("more", pa.array([1])), path)


def with_odd_metadata(path):
    pq.write_table(pa.table({"fit": ["a"]}).replace_schema_metadata({"scalefront": "[1"}), path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (foreign, "not a table that Scalefront has written"),
        (with_odd_metadata, "not a table that Scalefront has written"),
        (of_the_future, "a table of schema 99, where this Scalefront reads 1"),
        (with_another_column, "its columns are not those that Scalefront has written"),
        (lambda path: write(path, FRAME, {"table": "curves"}), "the table holds curves, not fits"),
        (lambda path: write(path, FRAME, {"table": "fits", "study": "other"}), "of the study other, not mine"),
    ],
)
def test_a_table_that_is_another_one_is_refused(tmp_path, make, said):
    make(tmp_path / "t.parquet")
    with pytest.raises(StudyError, match=said):
        read(tmp_path / "t.parquet", "fits", "mine")


def test_a_refusal_holds_the_command_that_makes_the_table_anew(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    note("snakemake --cores 2 small", tmp_path)
    path = Path("results/small/a table.parquet")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1")
    with pytest.raises(StudyError, match=r"anew: rm 'results/small/a table.parquet' && snakemake --cores 2 small$"):
        read(path)
    monkeypatch.chdir("/")
    with pytest.raises(StudyError, match=f"rm '{tmp_path}/results/small/a table.parquet' && cd {tmp_path} && snake"):
        read(tmp_path / path)


def test_a_shard_that_was_made_for_something_else_is_not_merged(tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, width, mark in zip(paths, (8.0, 16.0), ("one", "old"), strict=True):
        write(path, table(curve(width)), {"mark": mark})
    with pytest.raises(StudyError, match=r"b\.parquet: made for other settings or by other code"):
        merge(paths, tmp_path / "m.parquet", ("width",), {}, marks=["one", "two"])
    assert not (tmp_path / "m.parquet").exists()


def test_shards_with_other_columns_are_not_merged(tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    write(paths[0], table(curve(8.0)), {})
    write(paths[1], table(curve(16.0)).drop_columns(["compute"]), {})
    with pytest.raises(StudyError, match=r"b\.parquet: other columns than those of its neighbours"):
        merge(paths, tmp_path / "m.parquet", ("width",), {})


def test_theory_has_no_seed_and_lost_losses_are_null():
    lost = curve(8.0)._replace(
        test_loss=np.array([1.0, np.nan, np.nan]), status=np.array(["ok", "diverged", "diverged"])
    )
    made = table(lost)
    assert made.column("seed").null_count == 3
    assert made.column("test_loss").null_count == 2
    assert made.column("status").to_pylist() == ["ok", "diverged", "diverged"]


def test_what_a_table_says_of_its_making_is_kept(tmp_path):
    write(tmp_path / "t.parquet", table(curve(8.0)), {"code": "abc", "seed": 3})
    assert read_metadata(tmp_path / "t.parquet") == {"schema_version": 1, "code": "abc", "seed": 3}


def test_a_write_that_fails_leaves_the_old_table_and_nothing_else(tmp_path):
    path = tmp_path / "t.parquet"
    write(path, table(curve(8.0)), {})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write(path, table(curve(16.0)), {"bad": object()})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from([4.0, 8.0, math.inf])), unique=True, min_size=1, max_size=12
    ),
    cuts=st.data(),
)
def test_any_cut_into_shards_merges_to_the_same_rows(tmp_path, points, cuts):
    shards = {}
    for width, samples in points:
        place = cuts.draw(st.sampled_from("abc"))
        shards.setdefault(place, []).append((float(width), samples))
    paths = []
    for name, entries in shards.items():
        ordered = [curve(*entry, seed=seed) for entry in sorted(entries) for seed in range(2)]
        paths.append(tmp_path / f"{name}.parquet")
        write(paths[-1], table(*ordered, kind="simulation"), {})
    merge(paths, tmp_path / "merged.parquet", ("width", "samples"), {"seed": 0})
    merged = read(tmp_path / "merged.parquet")
    expected = [(w, s, n, t) for w, s in sorted((float(w), s) for w, s in points) for n in range(2) for t in TIME]
    assert list(zip(merged["width"], merged["samples"], merged["seed"], merged["time"], strict=True)) == expected
    assert read_metadata(tmp_path / "merged.parquet")["seed"] == 0


def test_a_merge_of_long_shards_keeps_every_row_in_large_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("scalefront.tables.BATCH_ROWS", 64)
    for start in (1, 2):
        curves = [curve(float(width), seed=seed) for width in range(start, 101, 2) for seed in range(3)]
        write(tmp_path / f"{start}.parquet", table(*curves, kind="simulation"), {})
    merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "m.parquet", ("width",), {})
    file = pq.ParquetFile(tmp_path / "m.parquet")
    merged = read(tmp_path / "m.parquet")
    assert len(merged) == 100 * 3 * 3 and merged["width"].is_monotonic_increasing
    assert file.metadata.num_row_groups < 20


def test_simulation_stands_before_theory(tmp_path):
    write(tmp_path / "t.parquet", table(curve(8.0)), {})
    write(tmp_path / "s.parquet", table(curve(99.0, seed=0), kind="simulation"), {})
    merge([tmp_path / "t.parquet", tmp_path / "s.parquet"], tmp_path / "m.parquet", ("width",), {})
    assert read(tmp_path / "m.parquet")["kind"].tolist() == ["simulation"] * 3 + ["theory"] * 3
