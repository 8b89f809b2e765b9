"""Exponents of what width, samples and batches add to the loss on its way down, and of where they take over.

In accelerated time tau ~ t^(chi/source) the first corrections are those of lazy random features: up to constants and
for 1 << tau^(1/capacity) << N, P,

    L = tau^-source + tau^(1/capacity - min(source, 1))/N + tau^(1/capacity - min(source, 2))/P
        + (eta/B) tau^-(2 - 1/capacity)

(theory/feature_learning.md 3.1; that of the samples is the lazy law of theory/dynamical_model.md 4 in accelerated time,
which the mean-field theory of rich networks bears out). A part takes over at the time at which it equals the first.
"""

from math import gamma, inf, isclose, log10

from scalefront.models.feature_learning.phases import noise_boundary, phase
from scalefront.prediction import Prediction

PAPER = "arXiv:2409.17858"
THEORY = "theory/feature_learning.md"
MOST_DECADES = 150  # of a time whose square still is a number
EARLY = "1 << tau^(1/capacity) << the size and modes"


def transients(capacity, source, chi, depth, noisy):
    """Predicted exponents of the corrections, by name.

    Parameters
    ----------
    capacity, source : as for ``exponents.predictions``
    chi : exponent of time, L ~ t^-chi
    depth : hidden layers; what a width adds is derived for one
    noisy : whether the optimizer draws batches of fresh samples
    """
    kernel = noise_boundary(capacity)
    return {
        "early_width": Prediction(
            -1.0,
            "L(t, N) - L(t, inf) ~ N^-1 at fixed time",
            f"{THEORY} 3.1; {PAPER}",
            depth == 1,
            f"architecture = projected, depth = 1; {EARLY}",
        ),
        "width_transient": Prediction(
            (1 / capacity - min(source, 1)) * chi / source,
            "N [L(t, N) - L(t, inf)] ~ t^-x with x = 1 - 1/capacity for source > 1, (source - 1/capacity) chi/source "
            "below",
            f"{THEORY} 3.1",
            depth == 1 and not isclose(source, 1),
            f"architecture = projected, depth = 1; any source but 1: slow corrections near it; {EARLY}",
        ),
        "width_transient_paper": Prediction(
            1 / capacity - 1,
            "N [L(t, N) - L(t, inf)] ~ t^-(1 - 1/capacity)",
            PAPER,
            depth == 1 and source > 1 and not isclose(source, 1),
            f"source > 1 (stated for any); depth = 1; {EARLY}",
        ),
        "early_samples": Prediction(
            -1.0,
            "L(t, P) - L(t, inf) ~ P^-1 at fixed time",
            "derived, see docs/feature_learning.md",
            depth == 1,
            f"depth = 1; {EARLY}",
        ),
        "samples_transient": Prediction(
            (1 / capacity - min(source, 2)) * chi / source,
            "P [L(t, P) - L(t, inf)] ~ t^((1/capacity - min(source, 2)) chi/source)",
            "derived, see docs/feature_learning.md",
            depth == 1 and not isclose(source, 1) and not isclose(source, 2),
            f"depth = 1, label_noise = 0; any source but 1 and 2: slow corrections near them; {EARLY}",
        ),
        "sgd_transient": Prediction(
            -kernel,
            "(B/eta) [L(t, B) - L(t, inf)] ~ t^-(2 - 1/capacity) at infinite width",
            f"{THEORY} 3.1; {PAPER}",
            noisy and source > kernel and not isclose(source, kernel),
            "optimizer sgd or sgd_flow, source > 2 - 1/capacity, slow corrections near it; label_noise = 0. "
            "Below, the noise changes the prefactor of t^-chi",
        ),
    }


def noise_onset(capacity, source, noise):
    """Time at which the noise of fresh batches equals the bias of a super-easy task, 0 where it never rules.

    Of lazy features: Gamma(source) (2t)^-source = (eta/B) Gamma(k) (2t)^-k zeta(capacity (source - 1) + 1)/2 with
    k = 2 - 1/capacity, both over capacity; the sum over past losses is that over all modes of their power over
    2 lambda. A rich network comes there somewhat sooner.

    Parameters
    ----------
    noise : eta/B > 0
    """
    kernel = noise_boundary(capacity)
    if source <= kernel:
        return 0.0
    ratio = 2 * gamma(source) / (noise * gamma(kernel) * _zeta(capacity * (source - 1) + 1))
    decades = log10(ratio) / (source - kernel)
    return 0.5 * 10**decades if decades < MOST_DECADES else inf


def _zeta(power):
    """Riemann's zeta of a power > 1, to 1e-4: 50 terms and the integral of the others."""
    return sum(k**-power for k in range(1, 51)) + 50.5 ** (1 - power) / (power - 1)


def crossovers(capacity, source, chi, depth, noisy):
    """Predicted exponents of where width or samples begin to bind, by name; arguments as for ``transients``.

    A rich network gets there sooner, in proportion to its accelerated time: t = tau^(source/chi). The frontier of
    infinite samples comes to tau ~ P^capacity at C ~ P^(1 + capacity source/chi).
    """
    limited_by_noise = noisy and phase(capacity, source) == "super-easy"
    start = source / chi  # log t over log tau
    width = 1.0 if limited_by_noise else start * capacity / max(1, 1 + capacity * (source - 1))
    samples = start * capacity / max(1, 1 + capacity * (source - 2))
    near = depth == 1 and not isclose(source, 1)
    return {
        "crossover_width": Prediction(
            width,
            "time at which L(t, N) = 2 L(t, inf) ~ N^(capacity source/chi) for source < 1, "
            "N^(capacity/(1 + capacity (source - 1))) beyond, N where the noise of batches rules L(t, inf)",
            f"derived from {THEORY} 3.1",
            near,
            "architecture = projected, depth = 1, infinite samples, width << modes; any source but 1: slow corrections "
            "near it",
        ),
        "crossover_samples": Prediction(
            samples,
            "time at which L(t, P) = 2 L(t, inf), near its floor, ~ P^(capacity source/chi)",
            f"{THEORY} 3.4",
            near and source < 2 and not limited_by_noise,
            "infinite width, depth = 1, source < 2 but not 1, label_noise = 0, samples << modes; no noise of batches "
            "where source > 2 - 1/capacity",
        ),
        "binding_compute": Prediction(
            1 + capacity * source / chi if source < 1 else 1 + capacity * source,
            "C = N t from which samples bind: L*(C) is a given multiple of that at infinite samples ~ "
            "P^(1 + capacity source/chi) for source < 1, P^(1 + capacity source) beyond",
            f"derived from {THEORY} 3.2, 3.4",
            near and source < 2 and not limited_by_noise,
            "source < 2, slow corrections near 1; label_noise = 0; no noise of batches where source > 2 - 1/capacity",
        ),
    }
