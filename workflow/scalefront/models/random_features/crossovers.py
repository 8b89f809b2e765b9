"""Exponents of the first corrections in 1/width and 1/samples, and of where these take over.

In the paper's letters capacity = b and source = (a - 1)/b. With the coefficients of theory/corrections.py, up to
constants and for 1 << t^(1/b) << N, P,

    L(t) = t^-source + c_N/N + c_P/P + label_noise^2 t^(1/b)/P,
    c_N = t^([1 - min(a - 1, b)]/b), c_P = t^([1 - min(a - 1, 2b)]/b).

A correction takes over at the time at which it equals t^-source.
"""

from math import isclose

from scalefront.prediction import Prediction

PAPER = "arXiv:2402.01092"
THEORY = "theory/dynamical_model.md"
EARLY = f"{THEORY} 4, early-time corrections"


def corrections(capacity, source):
    """Predicted exponents of the first order in 1/width and 1/samples, by name; arguments as for predictions."""
    early = "1 << time^(1/capacity) << the size and modes"
    width, samples = (1 / capacity - min(source, kept) for kept in (1, 2))
    return {
        "early_width": Prediction(
            -1, "L(t, N) - L(t, inf) ~ N^-1 at fixed time", f"{EARLY}; {PAPER} Eq. 83", True, f"any source; {early}"
        ),
        "early_samples": Prediction(
            -1, "L(t, P) - L(t, inf) ~ P^-1 at fixed time", f"{EARLY}; {PAPER} Eq. 83", True, f"any source; {early}"
        ),
        "early_width_growth": Prediction(
            width,
            "N [L(t, N) - L(t, inf)] ~ t^(1/capacity - min(source, 1))",
            EARLY,
            not isclose(source, 1),
            f"any source but 1: slow corrections near it; {early}",
        ),
        "early_samples_growth": Prediction(
            samples,
            "P [L(t, P) - L(t, inf)] ~ t^(1/capacity - min(source, 2))",
            EARLY,
            not isclose(source, 2),
            f"any source but 2: slow corrections near it; label_noise = 0; {early}",
        ),
        "early_noise_growth": Prediction(
            1 / capacity, "part of P [L(t, P) - L(t, inf)] by label noise ~ t^(1/capacity)", EARLY, True, early
        ),
        "gap_early": Prediction(
            -1, "gap ~ P^-1 at fixed time", f"{EARLY}, and 2.6; {PAPER} Eq. 18", True, f"any source; {early}"
        ),
        "gap_early_growth": Prediction(
            1 / capacity - source,
            "P gap ~ L t^(1/capacity) ~ t^(1/capacity - source)",
            f"derived from {THEORY} 2.6",
            True,
            f"any source; label_noise = 0 (its part grows as t^(1/capacity)); {early}",
        ),
    }


def crossovers(capacity, source):
    """Predicted exponents of where width or samples begin to bind, by name; arguments as for predictions.

    Relative to t^-source a correction is t^(q/b)/N or t^(q/b)/P, with q = max(1, a - b) for the width, max(1, a - 2b)
    for the samples and a for label noise: it takes over at t ~ N^(b/q) or P^(b/q). With q = 1 that is where the plateau
    of t = inf begins, with more it is before. The frontier of infinite samples, t* ~ C^(b/max(1 + b, a)), comes to
    t ~ P^b at C ~ P^max(1 + b, a).
    """
    a = 1 + capacity * source
    width, samples = max(1, a - capacity), max(1, a - 2 * capacity)
    return {
        "crossover_width": Prediction(
            capacity / width,
            "time at which L(t, N) = 2 L(t, inf) ~ N^(capacity/max(1, 1 + capacity (source - 1)))",
            f"derived from {EARLY}",
            not isclose(source, 1),
            "infinite samples, width << modes; any source but 1: slow corrections near it",
        ),
        "crossover_samples": Prediction(
            capacity / samples,
            "time at which L(t, P) = 2 L(t, inf) ~ P^(capacity/max(1, 1 + capacity (source - 2)))",
            f"derived from {EARLY}",
            not isclose(source, 2),
            "infinite width, label_noise = 0, samples << modes; any source but 2: slow corrections beyond it",
        ),
        "crossover_noise": Prediction(
            capacity / a,
            "time at which label noise makes L(t, P) = 2 L(t, inf), or the gap a fixed share of L, "
            "~ P^(capacity/(1 + capacity source))",
            f"derived from {EARLY}",
            True,
            "infinite width, label_noise > 0; any source",
        ),
        "gap_onset": Prediction(
            capacity,
            "time at which the gap is a fixed share of L ~ P^capacity",
            f"derived from {THEORY} 2.6 (gap ~ L t^(1/capacity)/P)",
            True,
            "infinite width, label_noise = 0, samples << modes; any source, slow corrections beyond 2",
        ),
        "binding_compute": Prediction(
            max(1 + capacity, a),
            "C = N t from which samples bind: L*(C) is a given multiple of that at infinite samples ~ "
            "P^(1 + capacity max(source, 1))",
            f"derived from {EARLY}, and 5",
            source < 2 and not isclose(source, 1),
            "source < 2 (beyond it depends on how binding is defined), slow corrections near 1; label_noise = 0",
        ),
    }
