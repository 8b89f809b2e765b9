"""Exponents that the theory of feature learning predicts: as derived, and as the paper states them.

Every exponent p is that of y ~ x^p, so that a decay is negative. chi is the exponent of time, ``phases.time_exponent``,
H the depth. The paper is arXiv:2409.17858, the theory theory/feature_learning.md; in the paper's letters capacity =
alpha, source = beta and richness = gamma. Where both disagree, both are predictions and the data decide.
"""

from math import inf, isclose

from scalefront.models.feature_learning.phases import NOISY, noise_boundary, paquette, phase, time_exponent
from scalefront.models.feature_learning.reach import asymptotic_range
from scalefront.models.feature_learning.transients import crossovers, noise_onset, transients
from scalefront.prediction import Prediction

__all__ = ["PREDICTED_BY", "asymptotic_range", "frontier_predictions", "predictions"]

PREDICTED_BY = {  # word -> an example
    "capacity": 2.0,
    "source": 0.5,
    "richness": 1.0,
    "depth": 1.0,
    "optimizer": "gradient_flow",
    "learning_rate": None,
    "batch": None,
}
PAPER = "arXiv:2409.17858"
PAQUETTE = "arXiv:2405.15074"
THEORY = "theory/feature_learning.md"
CHI = "chi = source, or source (H + 1)/(1 + H source) where richness > 0 and source < 1"


def predictions(capacity, source, richness=1.0, depth=1.0, optimizer="gradient_flow", learning_rate=None, batch=None):
    """All predicted exponents of a power-law spectrum, by name.

    Parameters
    ----------
    capacity : alpha > 1, lambda_k = k^-alpha
    source : beta > 0, lambda_k w_k^2 = k^-(alpha beta + 1)
    richness : gamma >= 0; 0 is lazy
    depth : hidden layers H >= 1
    optimizer : "gradient_flow" | "gradient_descent" have no noise, "sgd_flow" | "sgd" that of fresh batches
    learning_rate, batch : of that noise; they tell since when it rules
    """
    noise = learning_rate / batch if optimizer in NOISY and learning_rate and batch else None
    since = 0.0 if noise is None else noise_onset(capacity, source, noise)
    point = capacity, source, time_exponent(source, richness, depth), depth, optimizer in NOISY
    return {
        **_time(capacity, source, richness, depth, optimizer in NOISY, since),
        **_floors(capacity, source, depth),
        **transients(*point),
        **crossovers(*point),
        **_frontier(*point, since**2 / noise if since else 0.0),
        **_paquette(capacity, source, richness, depth, optimizer in NOISY),
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
    projected = parameters["architecture"] == "projected" and parameters["depth"] == 1
    silent = parameters["optimizer"] not in NOISY or parameters["label_noise"] == 0
    known = parameters["capacity"] is not None
    if size != "width" or set(compute) != {"width", "time"} or not (endless and projected and silent and known):
        return {}
    return {
        "size_exponent": "frontier_width",
        "time_exponent": "frontier_time",
        "loss_exponent": "frontier_loss",
    }


def _time(capacity, source, richness, depth, noisy, since):
    chi, kernel = time_exponent(source, richness, depth), noise_boundary(capacity)
    steady = richness == 0 or not isclose(source, 1)
    noiseless = not noisy or source < kernel
    only = "of sgd and sgd_flow only where source < 2 - 1/capacity, while learning_rate Gamma Tr(Lambda)/batch << 1"
    return {
        "time_bottleneck": Prediction(
            -chi,
            f"L ~ t^-chi at infinite width and samples, {CHI}",
            f"{THEORY} 2.4, 2.5; {PAPER} Eq. 10 for H = 1",
            steady and noiseless,
            f"any source but 1, where richness > 0 adds a logarithm: slow corrections near it; {only}; hidden layers "
            "beyond the first that start as isometries",
        ),
        "sgd_time_bottleneck": Prediction(
            -min(chi, kernel),
            "L ~ t^-min(chi, 2 - 1/capacity) of optimizer sgd or sgd_flow at infinite width and samples",
            f"{THEORY} 3.1",
            noisy and steady and not isclose(source, kernel),
            "optimizer sgd or sgd_flow, label_noise = 0; any source but 1 and 2 - 1/capacity: slow corrections near; "
            "rich on a hard task while learning_rate Gamma Tr(Lambda)/batch << 1",
            since,
        ),
    }


def _floors(capacity, source, depth):
    mode_power = capacity * source
    late = f"{THEORY} 2.7"
    return {
        "width_bottleneck": Prediction(
            -min(mode_power, capacity),
            "L ~ N^-(capacity min(source, 1)) at infinite time and samples, for any richness",
            late,
            depth == 1 and not isclose(source, 1),
            "architecture = projected, depth = 1; any source but 1: a logarithm there, slow corrections near it",
        ),
        "width_bottleneck_paper": Prediction(
            -min(mode_power, 2 * capacity),
            "L ~ N^-(capacity min(source, 2)) at infinite time and samples",
            PAPER,
            depth == 1 and source < 1,
            "source < 1 (stated for any; beyond, that of the mean predictor alone)",
        ),
        "data_bottleneck": Prediction(
            -min(mode_power, 2 * capacity),
            "L ~ P^-(capacity min(source, 2)) at infinite time and width, without label noise, for any richness",
            f"{late}, 3.4; {PAPER}",
            not isclose(source, 2),
            "any source but 2, where a logarithm enters; label_noise = 0",
        ),
    }


def _frontier(capacity, source, chi, depth, noisy, since):
    """C = N t at infinite samples: what falls with time balances what the width leaves (theory 3.2).

    Hard: t^-chi and N^-(capacity source); easy: t^-source and N^-1 t^-(1 - 1/capacity); super-easy with noise of
    batches: t^-(2 - 1/capacity) and N^-1 t^-(1 - 1/capacity), from the compute ``since`` on.
    """
    mode_power = capacity * source
    if source < 1:
        time, loss = mode_power / (mode_power + chi), chi
    elif noisy and phase(capacity, source) == "super-easy":
        time, loss = 1 / 2, noise_boundary(capacity)
    else:
        time, loss = capacity / (mode_power + 1), source
    kernel = noise_boundary(capacity)
    holds = depth == 1 and not isclose(source, 1) and not (noisy and isclose(source, kernel))
    values = {
        "width": ("N*", 1 - time, "chi/(capacity source + chi); 1 - capacity/(1 + capacity source); 1/2"),
        "time": ("t*", time, "capacity source/(capacity source + chi); capacity/(1 + capacity source); 1/2"),
        "loss": (
            "L*",
            -time * loss,
            "-capacity source chi/(capacity source + chi); -capacity source/(1 + capacity source); -1 + 1/(2 capacity)",
        ),
    }
    return {
        f"frontier_{name}": Prediction(
            value,
            f"{symbol} ~ C^p, C = N t; p = {formulas} (hard; easy; super-easy with noise)",
            f"{THEORY} 3.2; {PAPER} Table 1",
            holds,
            "architecture = projected, depth = 1, label_noise = 0; slow corrections near source 1 and, with noise, "
            "2 - 1/capacity",
            since,
        )
        for name, (symbol, value, formulas) in values.items()
    }


def _paquette(capacity, source, richness, depth, noisy):
    """The same point in the letters and phases of Paquette et al., whose network is lazy and learns by one-pass sgd."""
    return {
        "frontier_loss_paquette": Prediction(
            -paquette(capacity, source).exponent,
            "L* ~ C^-r of lazy one-pass sgd on features j^-a, target j^-b: a = capacity/2, b = (capacity (source - 1) "
            "+ 1)/2, their phases Ia, II, III are the hard, easy, super-easy one",
            f"{PAQUETTE}; {THEORY} 3.3",
            richness == 0 and depth == 1 and noisy,
            "richness = 0, depth = 1, optimizer sgd or sgd_flow, label_noise = 0; capacity > 1, which leaves out their "
            "phases Ib, Ic and IV",
        )
    }
