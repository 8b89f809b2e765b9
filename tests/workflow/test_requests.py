"""What the jobs of a run ask of a scheduler, as a dry run tells."""

import importlib.util
import re

import pytest

from tests.required import need

from .conftest import SMALL


def asked(run, *arguments):
    """Rule -> lines of resources that a dry run of everything tells."""
    told = run.snakemake("--dry-run", "--forceall", *arguments).stdout
    pairs = re.findall(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    resources: (.*)$", told, re.MULTILINE)
    found = {}
    for rule, line in pairs:
        found.setdefault(rule, []).append(line)
    return found


@pytest.mark.slow  # after the plugins have been added
def test_every_job_on_a_cluster_tells_its_memory_and_its_minutes(finished):
    plugin = importlib.util.find_spec("snakemake_executor_plugin_slurm") is not None
    need("slurm", plugin, "no Snakemake plugin slurm: `make cluster` adds it")
    found = asked(finished, "--workflow-profile", "slurm")
    assert len(found["simulate"]) == 4
    for rule in ("simulate", "solve", "merge", "fit", "draw"):
        assert all(re.search(r"mem_mb=\d+.*runtime=\d+|runtime=\d+.*mem_mb=\d+", line) for line in found[rule]), rule


def test_what_a_job_asks_for_is_no_reason_to_run_it_again(checkout):
    undo = [
        checkout.edit("resources.py", "BASE_MB = 1500", "BASE_MB = 3000"),
        checkout.edit("models/random_features/cost.py", "EIGEN = 10", "EIGEN = 1e9"),
    ]
    assert checkout.planned() == {}
    changed = asked(checkout)["simulate"]
    assert all(int(re.search(r"mem_mb=(\d+)", line)[1]) >= 3000 for line in changed)
    assert max(int(re.search(r"runtime=(\d+)", line)[1]) for line in changed) > 3
    for restore in undo:
        restore()


def test_a_local_run_is_not_held_back_by_what_its_jobs_ask_for(fresh):
    content = SMALL | {"sweep": [SMALL["sweep"][0] | {"curves": "theory"}], "frontier": None, "fits": {}, "claims": []}
    fresh.study(content | {"figures": []})
    huge = ["--set-resources", "solve:mem_mb=100000000", "solve:runtime=1000000"]
    fresh.snakemake("results/small/shards/theory/all.parquet", *huge)
    assert fresh.result("small/shards/theory/all.parquet").exists()
