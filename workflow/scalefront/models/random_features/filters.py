"""The full-batch methods: by which factor phi each of them has shrunk an error of rate u (theory/dynamical_model.md 1).

| optimizer | phi(u) at time t, or after n steps |
|---|---|
| gradient_flow | exp(-u t) |
| momentum_flow | of inertia x'' + x' = -u x from rest |
| gradient_descent | (1 - learning_rate u)^n |
| momentum (heavy ball) | x_{n+1} = (1 + momentum - learning_rate u) x_n - momentum x_{n-1}, x_0 = x_{-1} = 1 |

sgd stands beside gradient_descent, whose steps it takes on average.
"""

from typing import NamedTuple

import numpy as np

from scalefront.numerics import jnp
from scalefront.steps import whole_steps

_TINY = 1e-300


class Method(NamedTuple):
    """An optimizer and its settings; NaN for those that it does not have.

    Attributes
    ----------
    optimizer : "gradient_flow" | "momentum_flow" | "gradient_descent" | "momentum" | "sgd"
    learning_rate : of an optimizer that takes steps, > 0
    momentum : of heavy ball, in [0, 1)
    inertia : of momentum_flow, > 0, in units of time
    batch : of sgd, samples a step
    """

    optimizer: str = "gradient_flow"
    learning_rate: float = np.nan
    momentum: float = np.nan
    inertia: float = np.nan
    batch: float = np.nan

    @property
    def settings(self):
        """(learning_rate, momentum, inertia) as compiled code takes them."""
        return tuple(map(float, self[1:4]))

    @property
    def stepped(self):
        """Whether it takes steps."""
        return bool(np.isfinite(self.learning_rate))

    def counts(self, time):
        """What its filter counts in: the nearest whole steps to ``time`` (T,), each once, or the times themselves."""
        return whole_steps(time, self.learning_rate) if self.stepped else np.asarray(time, float)

    def times(self, counts):
        """The times of ``counts``."""
        return counts * self.learning_rate if self.stepped else counts

    def largest_stable_rate(self):
        """Largest rate that does not diverge, 2 (1 + momentum)/learning_rate; inf for a flow."""
        momentum = 0.0 if np.isnan(self.momentum) else self.momentum
        return 2 * (1 + momentum) / self.learning_rate if self.stepped else np.inf


GRADIENT_FLOW = Method()


def method_of(parameters):
    """The Method of a point."""
    settings = [parameters.get(word) for word in Method._fields[1:]]
    return Method(parameters["optimizer"], *(np.nan if value is None else float(value) for value in settings))


def remaining_and_learned(optimizer, settings, rate, counts):
    """phi and 1 - phi, both (T, r), at rates u > 0 (r,) and counts (T,), inf included.

    A pair, because either side may be too small to survive the subtraction.
    """
    late = jnp.isinf(counts)[:, None]
    rate, finite = rate[None, :], jnp.where(jnp.isinf(counts), 0.0, counts)[:, None]
    remaining, learned = _PAIRS[optimizer](*settings, rate, finite)
    return jnp.where(late, 0.0, remaining), jnp.where(late, 1.0, learned)


def remaining(optimizer, settings, rate, counts):
    """phi at complex rates u and finite counts of equal rank, which broadcast; entire functions of u."""
    as_complex = [jnp.asarray(value).astype(complex) for value in (*settings, rate, counts)]
    return _COMPLEX[optimizer](*as_complex)


def kicked(optimizer, settings, rate, counts):
    """What is left of a unit force on an error of complex rate u, counts later: the response that z + u is inverted to.

    For steps n >= 1 it is learning_rate phi-like powers, learning_rate (1 - learning_rate u)^(n - 1) for
    gradient_descent.
    """
    learning_rate, momentum, inertia, rate, counts = (
        jnp.asarray(value).astype(complex) for value in (*settings, rate, counts)
    )
    if optimizer == "gradient_flow":
        return jnp.exp(-rate * counts)
    if optimizer == "momentum_flow":
        slow, gap = _momentum_flow_roots(inertia, rate)
        return jnp.exp(-slow * counts) * _growth(-gap, counts) / inertia
    momentum = jnp.zeros_like(momentum) if optimizer == "gradient_descent" else momentum
    return learning_rate * _sequence(learning_rate * rate, momentum)(counts)


def _flow_pair(_learning_rate, _momentum, _inertia, rate, time):
    return jnp.exp(-rate * time), -jnp.expm1(-rate * time)


def _descent_pair(learning_rate, _momentum, _inertia, rate, steps):
    factor = 1 - learning_rate * rate
    small = learning_rate * rate < 0.5
    log = jnp.where(small, jnp.log1p(-jnp.where(small, learning_rate * rate, 0.0)), jnp.log(jnp.abs(factor) + _TINY))
    sign = jnp.where((factor < 0) & (steps % 2 == 1), -1.0, 1.0)
    phi = sign * jnp.exp(steps * log)
    return phi, jnp.where(factor > 0, -jnp.expm1(steps * log), 1 - phi)


def _heavy_ball_pair(learning_rate, momentum, _inertia, rate, steps):
    q = learning_rate * rate
    phi = remaining("momentum", (learning_rate, momentum, 0.0), rate, steps).real
    # where both roots 1 - d1 > 1 - d2 are real and well apart, their powers n are taken by d1 and d2: no rounding grows
    # with n, and 1 - phi is a sum of expm1
    square = (1 - momentum + q) ** 2 - 4 * q
    apart = q < (1 - jnp.sqrt(momentum)) ** 2 / 2
    root = jnp.sqrt(jnp.where(apart, square, 1.0))
    d2 = (1 - momentum + q + root) / 2
    d1 = jnp.where(apart, q / d2, 0.0)
    second = jnp.where(apart, jnp.maximum(1 - d2, 0.0), 1.0)
    slow, fast = steps * jnp.log1p(-d1), steps * jnp.log(second + _TINY)
    two_powers = ((1 - d1) * d2 * jnp.exp(slow) - second * d1 * jnp.exp(fast)) / root
    learned = (second * d1 * jnp.expm1(fast) - (1 - d1) * d2 * jnp.expm1(slow)) / root
    return jnp.where(apart, two_powers, phi), jnp.where(apart, learned, 1 - phi)


def _momentum_flow_pair(_learning_rate, _momentum, inertia, rate, time):
    inertia, rate, time = (jnp.asarray(value).astype(complex) for value in (inertia, rate, time))
    slow, gap = _momentum_flow_roots(inertia, rate)
    held_back = slow * jnp.exp(-slow * time) * _growth(-gap, time)
    return (jnp.exp(-slow * time) + held_back).real, (-jnp.expm1(-slow * time) - held_back).real


def _descent(learning_rate, _momentum, _inertia, rate, steps):
    return jnp.exp(steps * jnp.log(1 - learning_rate * rate))


def _flow(_learning_rate, _momentum, _inertia, rate, time):
    return jnp.exp(-rate * time)


def _heavy_ball(learning_rate, momentum, _inertia, rate, steps):
    """x_n = x_1 s_n - momentum s_{n-1}."""
    s = _sequence(learning_rate * rate, momentum)
    started = jnp.where(steps == 0, 1.0, steps)
    return jnp.where(steps == 0, 1.0, (1 - learning_rate * rate) * s(started) - momentum * s(started - 1))


def _sequence(q, momentum):
    """Function of n to s_n = (a^n - b^n)/(a - b), a and b the roots of x^2 - (1 + momentum - q) x + momentum."""
    root = jnp.sqrt((1 - momentum + q) ** 2 - 4 * q)
    a, b = (1 + momentum - q + root) / 2, (1 + momentum - q - root) / 2
    swapped = jnp.abs(b) > jnp.abs(a)
    a, b = jnp.where(swapped, b, a), jnp.where(swapped, a, b)
    log_a, log_ratio = jnp.log(a + _TINY), jnp.log((b + _TINY) / (a + _TINY))
    equal = log_ratio == 0
    per_step = jnp.expm1(jnp.where(equal, 1.0, log_ratio))

    def s(n):
        return jnp.exp((n - 1) * log_a) * jnp.where(equal, n + 0 * log_ratio, jnp.expm1(n * log_ratio) / per_step)

    return s


def _momentum_flow(_learning_rate, _momentum, inertia, rate, time):
    slow, gap = _momentum_flow_roots(inertia, rate)
    return jnp.exp(-slow * time) * (1 + slow * _growth(-gap, time))


def _momentum_flow_roots(inertia, rate):
    """The slower decay rate and the faster one less it, both complex: roots of inertia s^2 - s + u."""
    root = jnp.sqrt(1 - 4 * inertia * rate)
    return 2 * rate / (1 + root), root / inertia


def _growth(exponent, time):
    """int_0^t e^(x s) ds = (e^(x t) - 1)/x, also at x = 0."""
    still = exponent == 0
    return jnp.where(still, time + 0 * exponent, jnp.expm1(exponent * time) / jnp.where(still, 1.0, exponent))


_PAIRS = {
    "gradient_flow": _flow_pair,
    "momentum_flow": _momentum_flow_pair,
    "gradient_descent": _descent_pair,
    "momentum": _heavy_ball_pair,
}
_COMPLEX = {
    "gradient_flow": _flow,
    "momentum_flow": _momentum_flow,
    "gradient_descent": _descent,
    "momentum": _heavy_ball,
}
