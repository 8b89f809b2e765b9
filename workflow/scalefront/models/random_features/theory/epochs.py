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

from scalefront.late_losses import late_losses
from scalefront.models.random_features.theory import generating
from scalefront.models.random_features.theory.edge import batch_size, noise_gain
from scalefront.models.random_features.theory.epoch_means import Problem, means
from scalefront.models.random_features.theory.kappa import kappa
from scalefront.models.random_features.theory.late_times import ROUNDING, Rows, in_chunks, sum_upper
from scalefront.models.random_features.theory.two_point import one_point
from scalefront.numerics import jax

EVERY_STEP = 64  # all steps up to here stand on the grid of the convolutions, and STEPS_PER_DECADE beyond
STEPS_PER_DECADE = 24


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
    problem = Problem(spectrum, float(width), float(samples), float(label_noise), float(learning_rate), noise)
    finite = np.isfinite(steps)
    test, train = np.empty((2, len(steps)))
    residual, converged = np.zeros(len(steps)), np.ones(len(steps), bool)
    test[~finite], train[~finite] = _limits(problem, gain)
    if finite.any():
        for column, values in zip((test, train, residual, converged), _curves(problem, steps[finite]), strict=True):
            column[finite] = values
    return EpochCurves(test, train, residual, converged)


def _curves(problem, steps):
    """Test loss, train loss, residual and soundness (T,) at finite ``steps`` (T,)."""
    grid = np.unique(np.concatenate([_grid(max(steps.max(), 1)), steps]))
    mean, fed_back, last = means(problem, grid), _feedback_at(problem, grid[1:]), int(grid[-1])
    source = _at_all_steps(grid, mean.train_loss, last)
    gains = [_at_all_steps(grid[1:], values, last) for values in fed_back[:2]]
    added = [[gain[int(n) : 0 : -1] @ source[: int(n)] for n in steps] for gain in gains]
    # a loss rests on all that came before it
    sound = np.logical_and.accumulate(mean.converged & np.append(True, fed_back.converged))
    residual = np.maximum.accumulate(np.fmax(mean.residual, np.append(0.0, fed_back.residual)))
    place = np.searchsorted(grid, steps)
    test, train = (loss[place] + more for loss, more in zip(mean[:2], added, strict=True))
    return test, train, residual[place], sound[place]


def _limits(problem, gain):
    """Losses at infinitely many steps; the sum of K over all steps is that of Khat divided by R1(z = -2/eta')."""
    spectrum, sizes = problem.spectrum, ([problem.width], [problem.samples])
    test, train = (loss[0] for loss in late_losses(spectrum, *sizes, [problem.label_noise]))
    left = -2 / (problem.learning_rate * (1 + problem.noise))
    at = kappa(spectrum, *sizes, np.array([[complex(left, 1e-12 * abs(left))]])).kappa[0, 0].real
    r1 = 1 - spectrum.multiplicity @ (spectrum.eigenvalue / (at + spectrum.eigenvalue)) / problem.samples
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
    """``values`` on a grid of steps at all of 0 .. last, cubic in log-log; 0 from where they sink into rounding."""
    known = values > 10 * ROUNDING * np.nanmax(values)
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


def _feedback_at(problem, steps):
    """Rows whose losses are g and ghat at ``steps`` (n,) >= 1."""
    few = generating.few(steps)
    parts = ((few, _first_feedback), (~few, _later_feedback))
    found = [part(problem, steps[chosen]) for chosen, part in parts if chosen.any()]
    return Rows(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _first_feedback(problem, steps):
    excess = generating.circle() - 1
    found = in_chunks(_at_one_node, problem.spectrum, (*problem.columns(len(excess)), excess))
    losses = [generating.first_coefficients(loss, steps) for loss in found[:2]]
    return Rows(*losses, np.full(len(steps), found.residual.max()), np.full(len(steps), found.converged.all()))


def _later_feedback(problem, steps):
    return in_chunks(_on_contours, problem.spectrum, (*problem.columns(len(steps)), steps))


@jax.jit
def _on_contours(spectrum, neck, walk, steps, rotations):
    """Rows of g and ghat by Talbot's contour in log Z."""
    excess, weight = generating.late_contour(steps)
    (test, train), solved = _feedback(spectrum, neck, walk, excess, rotations)
    (test, test_sound), (train, train_sound) = sum_upper(weight * test, 0), sum_upper(weight * train, 0)
    return Rows(test, train, solved.residual.max(0), solved.converged.all(0) & test_sound & train_sound)


def _feedback(spectrum, neck, walk, excess, rotations):
    """Generating functions of g and ghat over Z, s K~/(1 - s Khat~) and s Khat~/(1 - s Khat~), s = eta^2/B'; Kappa."""
    solved, z, slope = generating.at_roots(spectrum, neck, walk, excess, rotations)
    point = one_point(spectrum, neck, solved)
    strength = (walk.learning_rate**2 * walk.noise)[None, :].astype(complex)
    train = strength * generating.difference(-z * point.df1, slope)
    test = strength * generating.difference(-z * point.df1 / point.r1, slope)
    divided = (1 - train) * (1 + excess)
    return (test / divided, train / divided), solved


@jax.jit
def _at_one_node(spectrum, neck, walk, excess, rotations):
    """Rows whose losses are the generating functions of g and ghat over Z, complex, at one node each."""
    (test, train), solved = _feedback(spectrum, neck, walk, excess[None], rotations)
    return Rows(test[0], train[0], solved.residual.max(0), solved.converged.all(0))
