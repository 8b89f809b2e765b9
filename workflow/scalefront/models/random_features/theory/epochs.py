"""Mean losses of mini-batch sgd that goes over one fixed training set again and again (derived in docs/model.md).

A step draws B distinct ones of the P samples. On average it is a step of gradient descent; its noise has the covariance
[mean_mu x x^T r^2 - g g^T]/B', 1/B' = (P - B)/(B (P - 1)). With residuals that are Gaussian given their sample, as in
the mean-field theory, that is [Lhat(n) X^T X + g g^T]/B', so that with the filter q(u, u') = (1 - eta u)(1 - eta u') +
(eta^2/B') u u' of a pair of rates and the transfer functions of the noise

    Lhat(n) = Fhat(n) + (eta^2/B') sum_{m<n} Khat(n-1-m) Lhat(m),    Khat(n) = sum u^2 q(u, u)^n          ~ -z df1
    L(n)    = F(n)    + (eta^2/B') sum_{m<n} K(n-1-m) Lhat(m),       K(n) = sum u q(u, u)^n Sigma_uu      ~ -z df1/R1

Fhat and F are the double integrals of gradient descent with q^n in place of both filters. The Volterra equation is
solved by its generating function: Lhat = Fhat + ghat * Fhat and L = F + g * Fhat, convolutions over whole steps.
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from scalefront.models.random_features.filters import Method
from scalefront.models.random_features.theory import generating
from scalefront.models.random_features.theory.contours import talbot
from scalefront.models.random_features.theory.early_steps import FARTHEST, correlations, nodes_of
from scalefront.models.random_features.theory.edge import batch_size, largest_rate, noise_gain
from scalefront.models.random_features.theory.generating import Walk
from scalefront.models.random_features.theory.kappa import bottleneck, kappa, solve_kappa
from scalefront.models.random_features.theory.late_times import NODES, ROUNDING, Rows, in_chunks, sum_upper
from scalefront.models.random_features.theory.limits import late_losses
from scalefront.models.random_features.theory.transforms import LOST
from scalefront.models.random_features.theory.two_point import one_point, pairs, two_point
from scalefront.numerics import jax, jnp

EVERY_STEP = 64  # all steps up to here stand on the grid of the convolutions, and STEPS_PER_DECADE beyond
STEPS_PER_DECADE = 24
LATE, LATE_BY_NOISE = 64, 400  # Talbot's contour from so many steps on: there (1 + w w'/B')^n grows by e^2 at most


class EpochCurves(NamedTuple):
    """Mean test and train loss, worst residual of kappa(z) and soundness of one problem after T steps; all (T,)."""

    test_loss: np.ndarray
    train_loss: np.ndarray
    residual: np.ndarray
    converged: np.ndarray


def epoch_curves(spectrum, width, samples, label_noise, learning_rate, batch, steps):
    """Mean losses of mini-batch sgd over a fixed training set, from zero weights; scalars but for ``steps`` (T,).

    Parameters
    ----------
    spectrum : Spectrum
    width : >= 1, inf allowed
    samples : size P of the training set, finite
    label_noise, learning_rate : >= 0, > 0
    batch : distinct samples a step, 1 <= B < P (B = P is gradient descent)
    steps : whole numbers >= 0, ascending, inf allowed; the work grows with the largest finite one

    Both losses are +inf at and past the stability limit. The theory is leading order in 1/width and 1/samples; it is
    solved to 1e-8, the error of the splines between the steps of the grid.
    """
    steps, noise = np.asarray(steps, float), 1 / batch_size(batch, samples)
    gain = noise_gain(spectrum, width, samples, learning_rate, 1 / noise)
    if gain >= 1:
        started = steps == 0
        test = np.where(started, spectrum.initial_loss, np.inf)
        return EpochCurves(test, test + label_noise**2 * started, np.zeros(len(steps)), np.ones(len(steps), bool))
    problem = _Problem(spectrum, float(width), float(samples), float(label_noise), float(learning_rate), noise)
    finite = np.isfinite(steps)
    test, train = np.empty((2, len(steps)))
    residual, converged = np.zeros(len(steps)), np.ones(len(steps), bool)
    test[~finite], train[~finite] = problem.limits(gain)
    if finite.any():
        for column, values in zip((test, train, residual, converged), problem.curves(steps[finite]), strict=True):
            column[finite] = values
    return EpochCurves(test, train, residual, converged)


class _Problem(NamedTuple):
    spectrum: object
    width: float
    samples: float
    label_noise: float
    learning_rate: float
    noise: float

    def curves(self, steps):
        grid = np.unique(np.concatenate([_grid(steps.max()), steps]))
        mean, feedback = self.means(grid), self.feedback(grid[1:]) if len(grid) > 1 else None
        last = int(grid[-1])
        source = _at_all_steps(grid, mean.train_loss, last)
        place = np.searchsorted(grid, steps)
        gains = [_at_all_steps(grid[1:], values, last) for values in feedback[:2]] if feedback else [np.zeros(1)] * 2
        added = [[gain[int(n) : 0 : -1] @ source[: int(n)] for n in steps] for gain in gains]
        sound = mean.converged.all() and (feedback is None or feedback.converged.all())
        residual = np.full(len(steps), max(mean.residual.max(), feedback.residual.max() if feedback else 0.0))
        test, train = mean.test_loss[place] + added[0], mean.train_loss[place] + added[1]
        return test, train, residual, np.full(len(steps), bool(sound))

    def means(self, steps):
        """Rows of F and Fhat at ``steps`` (n,), the first one 0."""
        method = Method("gradient_descent", self.learning_rate)
        slowest = largest_rate(self.spectrum, self.width, self.samples)
        late = steps >= self.first_late(slowest)
        rows = Rows(*(np.zeros(len(steps)) for _ in range(3)), np.ones(len(steps), bool))
        if late.any():
            neck, walk = self.columns(late.sum())
            columns = (neck, self.label_noise * np.ones(late.sum()), walk, steps[late])
            for column, values in zip(rows, in_chunks(_late_means, self.spectrum, columns), strict=True):
                column[late] = values
        if not late.all():
            nodes = nodes_of(self.spectrum, self.width, self.samples, max(steps[~late].max(), 1.0), method, slowest)
            for column, values in zip(rows, self.early_means(nodes, steps[~late]), strict=True):
                column[~late] = values
            rows.converged[~late] &= steps[~late] * self.learning_rate * slowest <= FARTHEST
        return rows

    def first_late(self, slowest):
        """First step whose pairs Talbot's contour holds: what overshoots has decayed, and B' is no matter any more."""
        first = LATE + LATE_BY_NOISE * self.noise
        eta_u = self.learning_rate * slowest
        if eta_u > 1:
            first = max(first, 2 * LOST / -np.log((1 - eta_u) ** 2 + eta_u**2 * self.noise))
        return first

    def early_means(self, nodes, steps):
        test, train = correlations(nodes, self.label_noise, lambda found: (found.c0, found.c1))
        weight = nodes.weight / nodes.node
        both, node = np.concatenate([weight, weight.conj()]), np.concatenate([nodes.node, nodes.node.conj()])
        step = self.learning_rate * nodes.node[:, None], self.learning_rate * node[None, :]
        log_filter = np.log((1 + step[0]) * (1 + step[1]) + self.noise * step[0] * step[1])
        losses, sound = np.zeros((2, len(steps))), np.ones(len(steps), bool)
        for number, count in enumerate(steps):
            weights = weight[:, None] * both[None, :] * np.exp(count * log_filter)
            for loss, kernel in zip(losses, (test, train), strict=True):
                terms = weights * kernel
                loss[number] = 2 * terms.sum().real
                sound[number] &= loss[number] >= -ROUNDING * abs(terms).sum()
        solved = nodes.solved
        residual = np.full(len(steps), solved.residual.max())
        return Rows(*np.maximum(losses, 0.0), residual, sound & bool(solved.converged.all()))

    def feedback(self, steps):
        """Rows whose losses are g and ghat at ``steps`` (n,) >= 1."""
        rows = Rows(*np.zeros((3, len(steps))), np.ones(len(steps), bool))
        few = generating.few(steps)
        for chosen, feedback_at in ((few, self.first_feedback), (~few, self.later_feedback)):
            if chosen.any():
                for column, values in zip(rows, feedback_at(steps[chosen]), strict=True):
                    column[chosen] = values
        return rows

    def first_feedback(self, steps):
        excess = generating.circle() - 1
        found = [in_chunks(part, self.spectrum, (*self.columns(len(excess)), excess)) for part in _FEEDBACK]
        losses = [generating.first_coefficients(one.test_loss + 1j * one.train_loss, steps) for one in found]
        residual = max(one.residual.max() for one in found)
        sound = all(one.converged.all() for one in found)
        return Rows(*losses, np.full(len(steps), residual), np.full(len(steps), sound))

    def later_feedback(self, steps):
        return in_chunks(_later_feedback, self.spectrum, (*self.columns(len(steps)), steps))

    def columns(self, count):
        """A Bottleneck and a Walk of ``count`` equal rows."""
        walk = Walk(np.full(count, self.learning_rate), np.full(count, self.noise))
        return bottleneck(self.spectrum, [self.width] * count, [self.samples] * count), walk

    def limits(self, gain):
        """Losses at infinitely many steps; the sum of K over all steps is that of Khat divided by R1(z = -2/eta')."""
        sizes = [self.width], [self.samples]
        test, train = (loss[0] for loss in late_losses(self.spectrum, *sizes, [self.label_noise]))
        left = -2 / (self.learning_rate * (1 + self.noise))
        at = kappa(self.spectrum, *sizes, np.array([[complex(left, 1e-12 * abs(left))]])).kappa[0, 0].real
        r1 = (
            1 - self.spectrum.multiplicity @ (self.spectrum.eigenvalue / (at + self.spectrum.eigenvalue)) / self.samples
        )
        return test + gain / r1 * train / (1 - gain), train / (1 - gain)


def _grid(last):
    """Whole steps 0 .. EVERY_STEP and STEPS_PER_DECADE beyond, up to ``last`` itself."""
    last = int(last)
    if last <= EVERY_STEP:
        return np.arange(last + 1.0)
    count = int(np.ceil(STEPS_PER_DECADE * np.log10(last / EVERY_STEP))) + 1
    beyond = np.rint(np.geomspace(EVERY_STEP, last, count))
    return np.unique(np.concatenate([np.arange(EVERY_STEP + 1.0), beyond]))


def _at_all_steps(grid, values, last):
    """``values`` on a grid of steps at all of 0 .. last, cubic in log-log; what has sunk into rounding is 0."""
    known = values > 10 * ROUNDING * values.max()
    end = len(known) if known.all() else int(np.argmin(known))
    place = np.log(grid[:end] + 1.0)
    every = np.arange(last + 1.0)
    inside = (every >= grid[0]) & (every <= grid[max(end, 1) - 1]) if end else np.zeros(last + 1, bool)
    found = np.zeros(last + 1)
    if end > 1:
        found[inside] = np.exp(CubicSpline(place, np.log(values[:end]))(np.log(every[inside] + 1.0)))
    elif end:
        found[inside] = values[0]
    return found


@jax.jit
def _late_means(spectrum, neck, label_noise, walk, steps, rotations):
    """Rows of F and Fhat by Talbot's contour in log Z, Z = 1 + eta z: q(-z, -z') = Z Z' (1 + w w'/B'), w = 1 - 1/Z."""
    contour = talbot(NODES)
    node, weight = (jnp.asarray(column)[:, None] / steps[None, :].astype(complex) for column in contour)
    eta, noise = (column[None, :].astype(complex) for column in walk)
    z = jnp.expm1(node) / eta
    solved = solve_kappa(spectrum, neck, z, rotations)
    found = two_point(*pairs(one_point(spectrum, neck, solved)), neck, label_noise)
    weight, w = weight * jnp.exp(node) / (eta * z), -jnp.expm1(-node)
    both, other = jnp.concatenate([weight, jnp.conj(weight)]), jnp.concatenate([w, jnp.conj(w)])
    pair = noise[None] * w[:, None] * other[None]
    product = weight[:, None] * both[None] * jnp.exp(steps[None, None, :].astype(complex) * jnp.log1p(pair))
    test, test_sound = sum_upper(product * found.c0, (0, 1))
    train, train_sound = sum_upper(product * found.c1, (0, 1))
    return Rows(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)


@jax.jit
def _later_feedback(spectrum, neck, walk, steps, rotations):
    """Rows of g and ghat by Talbot's contour in log Z."""
    excess, weight = generating.late_contour(steps)
    (test, train), solved = _feedback(spectrum, neck, walk, excess, rotations)
    (test, test_sound), (train, train_sound) = sum_upper(weight * test, 0), sum_upper(weight * train, 0)
    return Rows(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)


def _feedback(spectrum, neck, walk, excess, rotations):
    """Generating functions of g and ghat over Z, s K~/(1 - s Khat~) and s Khat~/(1 - s Khat~), s = eta^2/B'; and Kappa."""
    solved, z, slope = generating.at_roots(spectrum, neck, walk, excess, rotations)
    point = one_point(spectrum, neck, solved)
    strength = (walk.learning_rate**2 * walk.noise)[None, :].astype(complex)
    train = strength * generating.difference(-z * point.df1, slope)
    test = strength * generating.difference(-z * point.df1 / point.r1, slope)
    divided = (1 - train) * (1 + excess)
    return (test / divided, train / divided), solved


def _at_one_node(part):
    """Rows whose losses are the real and the imaginary part of one generating function at one node each."""

    def integral(spectrum, neck, walk, excess, rotations):
        values, solved = _feedback(spectrum, neck, walk, excess[None], rotations)
        value = values[part][0]
        return Rows(value.real, value.imag, solved.residual.max(0), solved.converged.all(0))

    return jax.jit(integral)


_FEEDBACK = _at_one_node(0), _at_one_node(1)
