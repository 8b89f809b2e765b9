"""Points of the feature-learning model as its adapters get them."""

import numpy as np
from scalefront.models.feature_learning.parameters import PARAMETERS

INF = np.inf
GIVEN = {"capacity": 1.5, "source": 0.5, "modes": 40.0, "width": 16.0, "samples": INF}
DESCENT = {"optimizer": "gradient_descent", "learning_rate": 0.2}
SGD = {"optimizer": "sgd", "learning_rate": 0.2, "batch": 4.0}
UNSTABLE = {"optimizer": "gradient_descent", "learning_rate": 3.0}


def point(**changes):
    """A rich projected network of width 16 on 40 modes, but for the changes."""
    return {"spectrum": "power_law"} | {one.word: one.default for one in PARAMETERS} | GIVEN | changes


def settings_of(time, *points, seeds=2, seed=0):
    """Settings of a shard; the points are named a, b, ..."""
    entries = [[name * 12, seeds, one] for name, one in zip("abcdef", points, strict=False)]
    return {"study": "s", "model": "feature_learning", "seed": seed, "time": list(time), "points": entries}
