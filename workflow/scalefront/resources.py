"""What a job asks of a scheduler: memory and run time, from the cost that its model states.

One thread a job, many jobs: two jobs on two cores do the work of two, which one job on both does not, and a job of one
thread starts as soon as any core is free. The figures are measured (docs/cluster.md); none of them changes what a job
computes, and no result is made anew for them.
"""

import math
from pathlib import Path

from scalefront.models import part
from scalefront.study.outputs import curve_rows
from scalefront.study.spectrum import BUNDLED_SETS

# one core of an AMD EPYC server; a slower one, or one that is shared, stays within SAFETY
FLOPS_A_SECOND = 3e10
NUMBERS_A_SECOND = 3e7
SECONDS_A_PROGRAM = 1.2
SAFETY = 3

START_SECONDS = 120  # Snakemake twice, Python and JAX once, off a file system that many nodes share
BASE_MB = 1500  # two processes of Snakemake, 210 each, and one that compiles, 550
MEMORY_SAFETY = 1.5
SHARD_ROW_BYTES, TABLE_ROW_BYTES = 500, 2000  # of a row of curves as it is made, and as fits and figures work on it
TABLE_ROWS_A_SECOND = 1e4
SECONDS_A_GROUP = 0.1  # of a fit, or a frontier, for every value of some words

BYTES_A_VALUE = 8  # of a file of measured features or eigenvalues
COPIES = 6  # of such a file in memory
DECOMPOSED, RESAMPLES = 10, 200  # operations of a decomposition over values x modes, and how often it is done anew


def job_resources(studies, kind):
    """{"mem_mb": ..., "runtime": minutes} of the jobs of one kind, as functions of (wildcards, attempt).

    Parameters
    ----------
    studies : name -> Study
    kind : "simulation" | "theory" (jobs of one shard), "order_parameters", "measure" (of a spectrum), or "table": a job
        that reads all curves of a study

    An attempt asks for twice what the one before it did.
    """
    known, shards = {}, {}

    def needs(wildcards):
        study, shard = studies[wildcards.study], wildcards.get("shard")
        if study.name not in shards:
            shards[study.name] = {each.name: each for each in study.shards.get(kind, ())}
        if (study.name, shard) not in known:
            known[study.name, shard] = job_needs(study, kind, shards[study.name].get(shard))
        return known[study.name, shard]

    return {
        "mem_mb": lambda wildcards, attempt: needs(wildcards)[0] * 2 ** (attempt - 1),
        "runtime": lambda wildcards, attempt: needs(wildcards)[1] * 2 ** (attempt - 1),
    }


def job_needs(study, kind, shard=None):
    """(MB of memory, minutes) of the first attempt of a job; ``shard`` is its Shard where it has one."""
    seconds, size = {"table": table_work, "measure": measuring_work}.get(kind, curves_work)(study, kind, shard)
    memory = BASE_MB + size / 1e6
    return math.ceil(memory / 100) * 100, math.ceil((START_SECONDS + SAFETY * seconds) / 60)


def curves_work(study, kind, shard):
    """(seconds, bytes) of the curves of a shard, or of the order parameters of a study."""
    entries = [(point.parameters, seeds) for point, seeds in shard.entries] if shard else []
    rows = curve_rows(study, shard) if shard else 0
    if kind == "order_parameters" and study.order_parameters:
        entries = [(parameters, 1) for _, parameters in study.order_parameters["points"]]
        rows = 4 * len(entries) * len(study.time) ** 2
    cost, modes = part(study.model, "cost").cost, known_modes(study.spectrum)
    flops = numbers = largest = 0.0
    programs = {}
    for point, seeds in entries:
        found = cost(point | {"modes": modes} if modes else point, kind, study.time, seeds)
        flops, numbers = flops + found["flops"], numbers + found["numbers"]
        largest = max(largest, found["bytes"])
        programs |= found["programs"]
    seconds = flops / FLOPS_A_SECOND + numbers / NUMBERS_A_SECOND + sum(programs.values()) * SECONDS_A_PROGRAM
    return seconds, MEMORY_SAFETY * (largest + COPIES * file_bytes(study.spectrum)) + rows * SHARD_ROW_BYTES


def table_work(study, *_):
    """(seconds, bytes) of a job that works on all curves of a study: each fit and each figure reads them once."""
    rows = sum(curve_rows(study, shard) for shards in study.shards.values() for shard in shards)
    asked = [*study.fits.values(), *([study.frontier] if study.frontier else [])]
    readers, groups = 1 + len(study.fits) + len(study.figures), sum(len(one["groups"]) for one in asked)
    return readers * rows / TABLE_ROWS_A_SECOND + groups * SECONDS_A_GROUP, rows * TABLE_ROW_BYTES


def measuring_work(study, *_):
    """(seconds, bytes) of the spectrum of a study that brings its own, and of its resamplings."""
    size = file_bytes(study.spectrum)
    flops = DECOMPOSED * RESAMPLES * size / BYTES_A_VALUE * (known_modes(study.spectrum) or 0)
    return flops / FLOPS_A_SECOND, MEMORY_SAFETY * COPIES * size


def known_modes(source):
    """Modes of a measured spectrum as far as they are known before it is read; None for a formula, whose points say it.

    A file of eigenvalues holds two numbers a mode; one of features is taken to have no more columns than rows.
    """
    if not source.measured:
        return None
    if source.bundled:
        return float(BUNDLED_SETS[source.bundled].modes)
    values = file_bytes(source) / BYTES_A_VALUE
    return float(math.ceil(values / 2 if source.kind == "table" else math.sqrt(values)))


def file_bytes(source):
    """Bytes of the file that a study brings; 0 for a formula, and for a bundled set, which is small."""
    return Path(source.path).stat().st_size if source.path else 0
