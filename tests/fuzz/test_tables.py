"""Tables of every kind: each is read as finite numbers, or refused in one line, and nothing else happens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scalefront.claims import read_claims
from scalefront.datasets import measure, read_spectrum, read_table
from scalefront.screen import claims_table
from scalefront.spectra import from_columns

from tests.fuzz.files import MARK, claims_files, csv_files, npz_files, parquet_files
from tests.fuzz.watch import Watch, fuzz


@pytest.fixture
def watch(tmp_path):
    return Watch(tmp_path)


def read(watch, content, suffix, measured):
    path = watch.folder / f"table{suffix}"
    path.write_bytes(content)
    if measured:
        found = watch.read(lambda path: measure(*read_table(path, "y")), path)
        found = None if found is None else from_columns(found.eigenvalue, found.task_power)
    else:
        found = watch.read(read_spectrum, path)
    if found is not None:
        assert np.all(np.isfinite(found.eigenvalue)) and np.all(found.eigenvalue > 0) and len(found.eigenvalue)
        assert np.all(np.isfinite(found.task_power)) and np.all(found.task_power >= 0)


@pytest.mark.parametrize(
    ("suffix", "share", "reasons"), [(".csv", 0.08, 10), (".npz", 0.09, 10), (".parquet", 0.08, 8)]
)
def test_tables_of_others(watch, suffix, share, reasons):
    files = {".csv": csv_files, ".npz": lambda: npz_files(watch.folder), ".parquet": parquet_files}[suffix]

    @fuzz(share)
    @given(files(), st.booleans())
    def each(content, measured):
        read(watch, content, suffix, measured)

    each()
    watch.expect(share, accepted=0.05, refused=0.3, reasons=reasons)
    assert not (watch.folder / MARK).exists()


def test_tables_of_claims(watch):
    @fuzz(0.05)
    @given(claims_files())
    def each(content):
        path = watch.folder / "claims.parquet"
        path.write_bytes(content)
        watch.read(lambda file: claims_table(read_claims(file), 100), path)

    each()
    watch.expect(0.05, accepted=0.05, refused=0.2, reasons=3)
