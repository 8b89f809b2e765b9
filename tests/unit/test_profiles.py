"""Where a study runs: the profiles repeat what is true everywhere, and say of every line why it stands there."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

PROFILES = Path(__file__).parents[2] / "profiles"
OTHERS = sorted(path.name for path in PROFILES.iterdir() if path.name != "default")


def settings(profile):
    return YAML(typ="safe", pure=True).load(PROFILES / profile / "config.yaml")


def lines(profile):
    return (PROFILES / profile / "config.yaml").read_text().splitlines()


def test_there_is_a_profile_for_slurm_and_one_for_other_schedulers():
    assert OTHERS == ["cluster-generic", "slurm"]


@pytest.mark.parametrize("profile", OTHERS)
def test_a_profile_that_takes_the_place_of_the_default_one_holds_all_of_it(profile):
    default, found = settings("default"), settings(profile)
    assert default and {key: found.get(key) for key in default} == default


def test_the_default_profile_says_nothing_of_a_place():
    for key in ("cores", "jobs", "executor", "retries", "default-resources", "resources"):
        assert key not in settings("default")  # it would win over --profile


@pytest.mark.parametrize("profile", ["default", *OTHERS])
def test_every_line_of_a_profile_says_why(profile):
    above = ""
    for line in lines(profile):
        headed = line.endswith(":") or line.startswith("cluster-generic-submit-cmd")
        assert not line or line.startswith("#") or "# " in (above if headed else line), line
        above = line


@pytest.mark.parametrize("profile", OTHERS)
def test_a_job_is_sent_again_with_more_of_what_it_may_have_lacked(profile):
    found = settings(profile)
    assert found["retries"] >= 1 and set(found["default-resources"]) >= {"mem_mb", "runtime"}


def test_what_the_generic_profile_runs_stands_beside_it():
    found = settings("cluster-generic")
    script = PROFILES / "cluster-generic" / found["cluster-generic-status-cmd"]
    assert script.stat().st_mode & 0o111 and script.read_text().startswith("#!/bin/sh\n")
    asked = set(re.findall(r"\{(.+?)\}", found["cluster-generic-submit-cmd"]))
    assert asked == {"rule", "threads", "resources.mem_mb", "resources.runtime"}
