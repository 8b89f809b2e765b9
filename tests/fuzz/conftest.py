"""What readers import when they are first used is imported before a test watches what they open."""

import tokenize  # noqa: F401  (numpy, for the headers of old arrays)

import numpy as np
import pandas
import pytest
from scalefront import datasets, tables
from scalefront.catalogue import check_files, load_study
from scalefront.models import REGISTRY

from tests.fuzz.plain import emit
from tests.unit.study.conftest import MINIMAL


@pytest.fixture(scope="session", autouse=True)
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imported")
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(rng.standard_normal((12, 3)), columns=["a", "b", "y"])
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    np.savez(folder / "t.npz", X=frame[["a", "b"]], y=frame["y"])
    for path in folder.iterdir():
        datasets.measure(*datasets.read_table(path, "y"))
    tables.write(folder / "own.parquet", frame, {})
    tables.read(folder / "own.parquet")
    stepped = MINIMAL | {"dynamics": {"optimizer": "gradient_descent", "learning_rate": 0.313}}
    for model in REGISTRY:
        (folder / "small.yaml").write_text(emit(stepped | {"model": model}))
        check_files(load_study(folder / "small.yaml"))
