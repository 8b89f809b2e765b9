"""Points of an archive computed anew from it alone: which ones, and how far the results lie from those it holds."""

import hashlib
from typing import NamedTuple

import numpy as np

from scalefront import tables
from scalefront.shards import shard_table

COUNT = 20
TOLERANCE = 1e-9  # relative
LOSSES = ("test_loss", "train_loss")
PLACE = ("seed", "time")


class Candidate(NamedTuple):
    """One point of one kind in a study of the archive."""

    study: object
    kind: str
    shard: str
    point: object
    seeds: int

    @property
    def model_and_kind(self):
        return self.study.model, self.kind


class Recomputed(NamedTuple):
    """A point that was computed anew: the largest relative difference of its losses; ``problem`` says what is wrong."""

    candidate: Candidate
    difference: float
    problem: str = ""


def chosen(studies, digest, count=COUNT):
    """At least one Candidate of every (model, kind), and ``count`` in all if there are as many.

    The digest of the archive decides which: they cannot be foreseen before the archive is whole, and are the same for
    everyone who verifies it.
    """
    candidates = [
        Candidate(study, kind, shard.name, point, seeds)
        for study in studies
        for kind, shards in study.shards.items()
        for shard in shards
        for point, seeds in shard.entries
    ]

    def rank(candidate):
        named = f"{digest} {candidate.study.name} {candidate.kind} {candidate.point.digest}"
        return hashlib.sha256(named.encode()).digest()

    ordered = sorted(candidates, key=rank)
    first = {candidate.model_and_kind: candidate for candidate in reversed(ordered)}
    rest = [candidate for candidate in ordered if candidate not in first.values()]
    return [*first.values(), *rest[: max(0, count - len(first))]]


def recompute(candidate, folder):
    """The Recomputed point: its curves made anew, against the rows of the archive extracted to ``folder``."""
    study = candidate.study
    point = [candidate.point.digest, candidate.seeds, candidate.point.parameters]
    settings = study.shard_settings(candidate.kind, candidate.shard) | {"points": [point]}
    made = shard_table(settings, _sources(study, folder)).to_pandas()
    where = {"kind": candidate.kind, "point": candidate.point.digest}
    kept = tables.read_rows(folder / "results" / study.name / "curves.parquet", where)
    made, kept = (frame.sort_values(list(PLACE), ignore_index=True) for frame in (made, kept))
    if len(made) != len(kept) or not all(made[column].equals(kept[column]) for column in (*PLACE, "status")):
        return Recomputed(candidate, np.inf, "its seeds, times or states are others")
    difference = max(_difference(made[loss].to_numpy(float), kept[loss].to_numpy(float)) for loss in LOSSES)
    problem = f"its losses differ by {difference:.1e}" if not difference <= TOLERANCE else ""
    return Recomputed(candidate, difference, problem)


def _sources(study, folder):
    if not study.spectrum.measured:
        return {}
    bundled = study.spectrum.bundled
    rows = folder / "results" / "datasets" / f"{bundled}.npz" if bundled else study.spectrum.path
    return {"spectrum": folder / "results" / study.name / "spectrum.parquet", "rows": rows}


def _difference(made, kept):
    """Largest |made - kept| of the larger one of the two; infinite where only one of them is a number."""
    if (np.isnan(made) != np.isnan(kept)).any():
        return np.inf
    scale = np.maximum(np.abs(made), np.abs(kept))
    apart = np.abs(made - kept)
    return float(np.max(apart[scale > 0] / scale[scale > 0], initial=0.0))
