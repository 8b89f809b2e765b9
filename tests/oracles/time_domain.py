"""Mean-field theory of gradient descent in the time domain, with (T+1) x (T+1) matrices.

Straight from the closed equations of the order parameters, without kappa(z): O(M T^3) per sweep and T + 2 sweeps, exact
by causality (theory/dynamical_model.md 2.5 iv).
"""

from typing import NamedTuple

import numpy as np


class Losses(NamedTuple):
    """Losses after 0, 1, ..., T steps; both (T+1,)."""

    test_loss: np.ndarray
    train_loss: np.ndarray


class OrderParameters(NamedTuple):
    """Order parameters after 0 .. T steps: H_k(t) (K, T+1); responses and correlations (T+1, T+1), later time first."""

    transfer: np.ndarray
    r1: np.ndarray
    r3: np.ndarray
    r02: np.ndarray
    r24: np.ndarray
    c0: np.ndarray
    c1: np.ndarray
    c2: np.ndarray
    c3: np.ndarray


def gradient_descent(spectrum, width, samples, label_noise, learning_rate, steps):
    """Test and train loss of full-batch gradient descent for one width and one number of samples."""
    found = order_parameters(spectrum, width, samples, label_noise, learning_rate, steps)
    return Losses(np.diag(found.c0), np.diag(found.c1))


def order_parameters(spectrum, width, samples, label_noise, learning_rate, steps):
    """OrderParameters of full-batch gradient descent for one width and one number of samples."""
    eigenvalue, task = spectrum.eigenvalue, spectrum.task_power
    one, start = np.eye(steps + 1), np.ones(steps + 1)
    step = learning_rate * np.tril(np.ones((steps + 1, steps + 1)), -1)
    r1, r3, transfer = _responses(eigenvalue, width, samples, step)

    to_u4 = transfer @ step
    to_u2 = to_u4 @ r3
    through = one - eigenvalue[:, None, None] * (r1 @ to_u2)
    mean = transfer @ start
    c0_mean = np.einsum("k,ka,kb->ab", task, mean, mean)
    c2_mean = np.einsum("k,ka,kb->ab", eigenvalue * task, mean @ r1.T, mean @ r1.T)
    noise = label_noise**2 * np.outer(start, start)
    c1, c3 = 0 * step, 0 * step
    for _ in range(steps + 2):
        c0 = c0_mean + _spread(eigenvalue, to_u4, c3) / width + _spread(eigenvalue**2, to_u2, c1) / samples
        c2 = c2_mean + _spread(eigenvalue**2, r1 @ to_u4, c3) / width + _spread(eigenvalue, through, c1) / samples
        before, c1, c3 = (c1, c3), r1 @ (c0 + noise) @ r1.T, r3 @ c2 @ r3.T
        if _unchanged((c1, c3), before):
            break
    total = np.einsum("k,kab->ab", eigenvalue, transfer)
    return OrderParameters(mean, r1, r3, -total @ step @ r3, -r1 @ total @ step, c0, c1, c2, c3)


def _responses(eigenvalue, width, samples, step):
    """Response matrices R1, R3 (T+1, T+1) and the transfer matrices of all modes (M, T+1, T+1)."""
    one = np.eye(len(step))
    r1 = r3 = one
    for _ in range(len(step) + 1):
        transfer = np.linalg.inv(one + eigenvalue[:, None, None] * (step @ r3 @ r1))
        total = np.einsum("k,kab->ab", eigenvalue, transfer)
        before = r1, r3
        r1, r3 = np.linalg.inv(one + total @ step @ r3 / samples), np.linalg.inv(one + r1 @ total @ step / width)
        if _unchanged((r1, r3), before):
            break
    return r1, r3, transfer


def _unchanged(values, before):
    """Whether an iteration has come to rest before the number of rounds after which causality makes it exact."""
    return all(np.abs(new - old).max() <= 1e-15 * np.abs(new).max() for new, old in zip(values, before, strict=True))


def _spread(weight, kernel, correlation):
    """sum_k w_k K_k C K_k^T."""
    return np.einsum("k,kab,kcb->ac", weight, kernel @ correlation, kernel, optimize=True)
