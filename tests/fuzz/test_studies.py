"""Study files of every kind: each is read, or refused in one line, and nothing else happens."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from scalefront.catalogue import check_files, load_study
from scalefront.figures import FIGURES
from scalefront.models import REGISTRY
from scalefront.study.claims import MAX_CLAIMS
from scalefront.study.fits import MAX_FITS
from scalefront.study.groups import names_of
from scalefront.study.spectrum import BUNDLED_SETS
from scalefront.study.study import MAX_ROWS
from scalefront.study.sweep import MAX_POINTS, MAX_SHARDS
from scalefront.study.timegrid import MAX_TIMES

from tests.fuzz.generated import generated
from tests.fuzz.mutated import mutated
from tests.fuzz.texts import raw
from tests.fuzz.watch import Watch, fuzz

SAFE = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_.+-]+)?")
NAME_BYTES = 255


@pytest.fixture
def watch(tmp_path):
    """A watch over a folder with data that a study may bring."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((40, 6))
    np.savez(tmp_path / "rows.npz", X=features, y=features[:, 0] + 0.1 * rng.standard_normal(40))
    table = np.column_stack([features, features[:, 1]])
    np.savetxt(tmp_path / "rows.csv", table, delimiter=",", header="a,b,c,d,e,f,y", comments="")
    rank = np.arange(1.0, 65)
    columns = np.column_stack([rank**-1.25, rank**-1.5])
    np.savetxt(tmp_path / "spectrum.csv", columns, delimiter=",", header="eigenvalue,task_power", comments="")
    (tmp_path / "damaged.npz").write_bytes((tmp_path / "rows.npz").read_bytes()[:-100])
    return Watch(tmp_path)


def loaded(path):
    study = load_study(path)
    if study.spectrum.bundled is None:  # that one is exported to a temporary folder
        check_files(study)
    return study


def read(watch, content):
    path = watch.folder / "small.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    study = watch.read(loaded, path)
    if study is not None:
        check_accepted(study)


def check_accepted(study):
    """Everything that becomes a path is safe, all that becomes a job is plain, and there is not too much of it."""
    assert study.spectrum.bundled is None or study.spectrum.bundled in BUNDLED_SETS
    assert set(study.figures) <= set(FIGURES)
    assert len(study.points) <= MAX_POINTS and len(study.time) <= MAX_TIMES + 1
    assert np.all(np.diff(study.time) > 0)
    rows = 0
    for kind, shards in study.shards.items():
        names = [shard.name for shard in shards]
        assert len(names) <= MAX_SHARDS and len({name.casefold() for name in names}) == len(names)
        for name in (study.name, kind, *names):
            assert SAFE.fullmatch(name) and ".." not in name
            assert len(f".{name}.parquet.12345678".encode()) <= NAME_BYTES  # that of the temporary file beside it
        settings = [study.shard_settings(kind, name) for name in names]
        check_plain(settings)
        digests = [digest for shard in settings for digest, _, _ in shard["points"]]
        assert len(set(digests)) == len(digests) and all(re.fullmatch("[0-9a-f]{12}", one) for one in digests)
        draws = [seeds if kind == "simulation" else 1 for shard in settings for _, seeds, _ in shard["points"]]
        rows += len(study.time) * sum(draws)
    assert rows <= MAX_ROWS
    distinct = {json.dumps(point.parameters, sort_keys=True) for point in study.points.values()}
    assert len(distinct) == len(study.points)
    if study.order_parameters is not None:
        check_plain(study.order_parameter_settings())
    check_plain([study.fits, study.frontier, study.claims, study.compute])
    assert all(math.isfinite(claim["predicted"]) for claim in study.claims)
    ids = [claim["id"] for claim in study.claims]
    assert len(ids) <= MAX_CLAIMS and len(set(ids)) == len(ids)
    names = [name for fit, asked in study.fits.items() for name in names_of(fit, asked)]
    assert len(names) <= MAX_FITS and len(set(names)) == len(names)
    assert all(text.isprintable() for claim in study.claims for text in (claim["id"], claim["statement"]))


def check_plain(content):
    """JSON can hold it, and gives back the same."""
    text = json.dumps(content)
    assert json.dumps(json.loads(text)) == text


@pytest.mark.parametrize(
    ("origin", "share", "accepted", "reasons"), [("shipped", 0.1, 0.02, 15), ("small", 0.2, 0.05, 25)]
)
def test_a_study_with_changes(watch, origin, share, accepted, reasons):
    @fuzz(share)
    @given(mutated(origin))
    def each(content):
        read(watch, content)

    each()
    watch.expect(share, accepted=accepted, refused=0.5, reasons=reasons)


@pytest.mark.parametrize("model", REGISTRY)
def test_a_study_made_from_the_declarations(watch, model):
    @fuzz(0.1)
    @given(generated(model))
    def each(content):
        read(watch, content)

    each()
    watch.expect(0.1, accepted=0.1, refused=0.3, reasons=20)


def test_text_that_may_be_no_study(watch):
    @fuzz(0.2)
    @given(raw())
    def each(content):
        read(watch, content)

    each()
    watch.expect(0.2, accepted=0.02, refused=0.5, reasons=20)
