"""Exponents that the theory of the random-feature model predicts: as derived, and as the paper states them.

Every exponent p is that of y ~ x^p, so that a decay is negative. In the paper's letters capacity = b and
source = (a - 1)/b (theory/dynamical_model.md 5; the paper is arXiv:2402.01092).
"""

from math import inf, isclose

from scalefront import cut_off
from scalefront.models.random_features.crossovers import PAPER, THEORY, corrections, crossovers
from scalefront.prediction import Prediction

PREDICTED_BY = {"capacity": 2.0, "source": 0.5}  # word -> an example
DERIVED = f"{THEORY} 5"


def predictions(capacity, source):
    """All predicted exponents of a power-law spectrum, by name.

    Parameters
    ----------
    capacity : alpha > 1, lambda_k = k^-alpha
    source : beta > 0, lambda_k w_k^2 = k^-(alpha beta + 1)
    """
    parts = (_bottlenecks, _other_limits, corrections, crossovers, _frontier, _frontier_of_the_paper)
    return {name: found for part in parts for name, found in part(capacity, source).items()}


def asymptotic_range(word, parameters):
    """Range (low, high) of ``time``, ``width`` or ``samples`` in which start and cut-off leave an exponent alone.

    It starts at time 10 and size 50 and ends where ``cut_off`` says. Empty, low >= high, where there are too few modes.
    Raises KeyError for any other word.
    """
    modes, capacity, source = (parameters[name] for name in ("modes", "capacity", "source"))
    if word == "time":
        return cut_off.EARLIEST, cut_off.last_time(modes, capacity, source)
    if word not in ("width", "samples"):
        raise KeyError(word)
    return cut_off.sizes(modes, capacity, source)


def _bottlenecks(capacity, source):
    mode_power = capacity * source
    return {
        "time_bottleneck": Prediction(
            -source,
            "L ~ t^-source at infinite width and samples",
            f"{DERIVED}; {PAPER} Eq. 14",
            True,
            "any source",
        ),
        "data_bottleneck": Prediction(
            -min(mode_power, 2 * capacity),
            "L ~ P^-(capacity min(source, 2)) at infinite time and width, without label noise",
            f"{DERIVED}; {PAPER} Eq. 14",
            not isclose(source, 2),
            "any source but 2, where a logarithm enters; label_noise = 0",
        ),
        "width_bottleneck": Prediction(
            -min(mode_power, capacity),
            "L ~ N^-(capacity min(source, 1)) at infinite time and samples",
            DERIVED,
            not isclose(source, 1),
            "any source but 1: a logarithm there, slow corrections near it",
        ),
        "width_bottleneck_paper": Prediction(
            -min(mode_power, 2 * capacity),
            "L ~ N^-(capacity min(source, 2)) at infinite time and samples",
            f"{PAPER} Eq. 14",
            source < 1,
            "source < 1 (stated for any)",
        ),
        "joint_bottleneck": Prediction(
            -mode_power,
            "L ~ N^-(capacity source) at infinite time along samples = const x width",
            DERIVED,
            source < 1,
            "source < 1, samples != width, label_noise = 0",
        ),
    }


def _other_limits(capacity, source):
    mode_power, kernel = capacity * source, 2 - 1 / capacity
    return {
        "bias_bottleneck": Prediction(
            -min(mode_power, 2 * capacity),
            "L ~ N^-(capacity min(source, 2)) of an infinite ensemble at infinite time and samples: the bias",
            DERIVED,
            not isclose(source, 2),
            "ensemble = inf; any source but 2, where a logarithm enters",
        ),
        "double_descent_growth": Prediction(
            0.5,
            "L ~ t^(1/2) without end where width = samples",
            f"{THEORY} 4, t = inf",
            True,
            "width = samples < modes, time >> width^capacity",
        ),
        "sgd_time_bottleneck": Prediction(
            -min(source, kernel),
            "L ~ t^-min(source, 2 - 1/capacity) of one-pass sgd at infinite width",
            f"derived from {THEORY} 2.6: the noise of the batches decays as its kernel, n^-(2 - 1/capacity)",
            not isclose(source, kernel),
            "optimizer = sgd, label_noise = 0; any source but 2 - 1/capacity: slow corrections beyond it",
        ),
    }


def _frontier(capacity, source):
    """C = N t at infinite samples: t^-source balances the plateau N^-(capacity source), or N^-1 t^-(1 - 1/capacity)."""
    mode_power = capacity * source
    if source < 1:
        total, formula, where = 1 + capacity, "1 + capacity", "source < 1; slow corrections near 1"
        balance = "t^-source balances the plateau of the width"
    else:
        total, formula, where = 1 + mode_power, "1 + capacity source", "source > 1; slow corrections near 1"
        balance = "t^-source balances N^-1 t^-(1 - 1/capacity)"
    exponents = {
        "width": ("N*", 1 - capacity / total, f"1 - capacity/({formula})"),
        "time": ("t*", capacity / total, f"capacity/({formula})"),
        "loss": ("L*", -mode_power / total, f"-capacity source/({formula})"),
    }
    return {
        f"frontier_{name}": Prediction(
            value, f"{symbol} ~ C^({power}), C = N t: {balance}", DERIVED, not isclose(source, 1), where
        )
        for name, (symbol, value, power) in exponents.items()
    }


def _frontier_of_the_paper(capacity, source):
    """C = N t at infinite samples: t^-source balances the plateau N^-m, m = capacity min(source, 2)."""
    plateau = capacity * min(source, 2)
    total = source + plateau
    exponents = {
        "width": ("N*", source / total, "source/(source + m)"),
        "time": ("t*", plateau / total, "m/(source + m)"),
        "loss": ("L*", -source * plateau / total, "-source m/(source + m)"),
    }
    return {
        f"frontier_{name}_paper": Prediction(
            value,
            f"{symbol} ~ C^({formula}), C = N t, m = capacity min(source, 2)",
            f"{PAPER} Eq. 17",
            source < 1,
            "source < 1 (stated for any)",
        )
        for name, (symbol, value, formula) in exponents.items()
    }


def frontier_predictions(size, compute, parameters, budget=False):
    """Names of the predictions for a frontier: parameter of its fit -> name; empty where none is derived.

    Parameters
    ----------
    size : word that the frontier chooses
    compute : words whose product is the compute
    parameters : word -> value of one point of the frontier
    budget : whether the fit is of the part of the frontier where finite samples do not bind yet
    """
    endless = budget or parameters["samples"] == inf
    if size != "width" or set(compute) != {"width", "time"} or not endless or not _same_task(parameters):
        return {}
    return {
        "size_exponent": "frontier_width",
        "time_exponent": "frontier_time",
        "loss_exponent": "frontier_loss",
    }


def _same_task(parameters):
    """Whether L is t^-source + the variance of one projection, up to constants: no noise floor, no endless ensemble."""
    capacity, source = parameters["capacity"], parameters["source"]
    if capacity is None or parameters["ensemble"] == inf:
        return False
    return parameters["optimizer"] != "sgd" or (parameters["label_noise"] == 0 and source < 2 - 1 / capacity)
