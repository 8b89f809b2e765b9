"""Rows of features with a target, as tests write them to files, and what the readers of such files refuse."""

import numpy as np
import pandas
import pytest
from scalefront.errors import StudyError


def rows():
    """Forty rows: three features of variances 4 : 1 : 0.25 and the target y."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((40, 3)) * [2.0, 1.0, 0.5] + 5.0
    return features, features @ [1.0, -2.0, 3.0] + 0.1 * rng.standard_normal(40)


def frame(features, target):
    return pandas.DataFrame(features, columns=["a", "b", "c"]).assign(y=target)


def refusal(read, *arguments):
    with pytest.raises(StudyError) as caught:
        read(*arguments)
    return caught.value
