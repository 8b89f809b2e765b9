"""Skipped with its reason, or failed where it is required."""

import pytest

from tests.required import VARIABLE, need


@pytest.mark.parametrize("required", ["", "shared", "slurmdbd"])
def test_what_is_missing_is_skipped_with_its_reason(monkeypatch, required):
    monkeypatch.setenv(VARIABLE, required)
    with pytest.raises(pytest.skip.Exception, match="slurm: no slurmctld"):
        need("slurm", False, "no slurmctld")


@pytest.mark.parametrize("required", ["slurm", "shared, slurm", "slurm,browser"])
def test_what_is_missing_and_required_is_a_failure(monkeypatch, required):
    monkeypatch.setenv(VARIABLE, required)
    with pytest.raises(pytest.fail.Exception, match="SCALEFRONT_REQUIRE names slurm: no slurmctld"):
        need("slurm", False, "no slurmctld")


def test_what_is_there_is_used(monkeypatch):
    monkeypatch.setenv(VARIABLE, "slurm")
    need("slurm", True, "no slurmctld")
