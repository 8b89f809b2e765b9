"""What some tests need beside the package, and what must be there: SCALEFRONT_REQUIRE=slurm,shared turns skips into
failures for these names, so that a run that is meant to test them cannot pass without."""

import os

import pytest

VARIABLE = "SCALEFRONT_REQUIRE"


def need(what, available, reason):
    """Skip the test where ``what`` is not ``available``, telling the ``reason``; fail it where it is required."""
    if available:
        return
    if what in os.environ.get(VARIABLE, "").replace(" ", "").split(","):
        pytest.fail(f"{VARIABLE} names {what}: {reason}", pytrace=False)
    pytest.skip(f"{what}: {reason}")
