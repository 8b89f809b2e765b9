"""Causal march of the mean-field equations over explicit steps: online sgd and fixed data, any width, any richness.

All objects are lower triangular matrices in time; row i rests on rows before it, so that one pass solves them to
round-off (theory/feature_learning.md 2.1 to 2.3, in the one form of 2.6). With D the step size,

    G = [I - gamma S strict(C_h) D]^-1 S,   R_w = G R_h,   C_w = R_w C_g R_w^T,   Phi = (G + gamma strict(C_w) D) R_h
    Phi' = Phi R_D,   H_k = [I + lambda_k Phi']^-1,   S_k = I - H_k
    R_h = I - U/N,   R_D = I - U/P,   U = sum_k S_k
    C_0  = sum_k { T_k (H_k 1)(H_k 1)^T + S_k [Q + C_g'/(lambda_k N)] S_k^T },   L = diag C_0
    C_g' = sum_k lambda_k { ... the same ... } + W Q + Q W^T - tr(Lambda) Q,   W = sum_k lambda_k H_k
    C_g = R_D C_g' R_D^T,   C_h = R_h C_g R_h^T

R_h of 2.3, [I + R_D W Ghat/N]^-1, becomes I - U/N as U = W Phi R_D and R_D commute. The pure network has C_g for C_h in
G, R_h = I - R_D W R_w/N, Phi = R_w + gamma strict(C_w) D and H_k C_w H_k^T lambda_k/N for S_k C_g' S_k^T/(lambda_k N).

**What drives the modes.** A sample's weight in the gradient is m_mu(s), its mean 1 over the batches; e = m Delta is its
weighted error and e = Delta + xi, xi of mean zero whatever came before. Delta = u - A e with A strictly causal and u
of covariance C_0 + sigma^2, so e = R_D (u + xi): R_D is that of the full batch, and

    P Q = C_0 + sigma^2 + diag(xi),   xi(s) = (P/B') Lhat(s)
    Lhat(s) = E Delta(s)^2 = [R_D P Q R_D^T]_ss without xi(s), the train loss

The weight of one of B distinct samples of P has the variance P/B - 1. The weights of two are anticorrelated, which
makes the noise of the gradient that of a variance P/B' = (P - B) P/(B (P - 1)): exact for its covariance given the
errors, and the convention here (1/P apart from the other). A full batch has none. Fresh samples are P -> inf,
Q = diag(L + sigma^2)/B.

Neglected: the O(1/B) rank-one part of the covariance of a batch (the noise along the mean gradient; it adds to the
loss of the first steps), O(1/N) and O(1/P) corrections.
"""

from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.theory.mode_responses import ModeResponses
from scalefront.models.feature_learning.theory.order_parameters import MOST_GROWTH
from scalefront.models.feature_learning.theory.triangles import Triangles


def march(
    spectrum,
    steps,
    learning_rate,
    *,
    width=np.inf,
    samples=np.inf,
    batch=np.inf,
    richness=0.0,
    label_noise=0.0,
    pure=False,
):
    """Mean-field OrderParameters of a network of one hidden layer at steps 0 .. ``steps``, from zero readout.

    Parameters
    ----------
    spectrum : Spectrum of K groups; 4 K steps^2 bytes and about 2 K steps^3/3 operations
    steps : last step T >= 0
    learning_rate : > 0; of the readout, and times ``richness`` of the layer below it
    width : N >= 1, inf allowed
    samples : size P >= 1 of a fixed training set, or inf: fresh samples at every step
    batch : fresh samples a step, or distinct ones of the training set, at most P; inf is the whole population or set
    richness : gamma >= 0; 0 is the lazy model
    label_noise : standard deviation sigma >= 0 of the labels
    pure : the two-layer network without the projection in its first layer's gradient

    Source: arXiv:2409.17858; theory/feature_learning.md 2.6; batches of a fixed training set as above.
    """
    problem = _Problem(
        spectrum,
        float(learning_rate),
        1 / width,
        1 / samples,
        _inverse_batch(batch, samples),
        float(richness),
        float(label_noise) ** 2,
        bool(pure),
    )
    most = MOST_GROWTH * (spectrum.initial_loss + problem.label_power)
    rows = Triangles.start(steps + 1, len(spectrum.eigenvalue))
    responses = ModeResponses(spectrum.eigenvalue, steps + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(steps + 1):
            learned = responses.extend(_force(problem, rows, i))
            _mean_responses(problem, rows, learned, i)
            _correlations(problem, rows, responses, learned, i)
            if not np.maximum(rows.test_loss[i], rows.train_loss[i]) <= most:
                rows.end(i)
                break
    return rows.order_parameters(problem)


def _inverse_batch(batch, samples):
    """1/B' of a batch of fresh samples that is as noisy as B distinct ones of P."""
    if np.isinf(samples):
        return 1 / batch
    return (samples - batch) / (batch * (samples - 1)) if batch < samples else 0.0


class _Problem(NamedTuple):
    spectrum: object
    learning_rate: float
    inverse_width: float
    inverse_samples: float
    inverse_batch: float
    richness: float
    label_power: float
    pure: bool


def _force(problem, rows, i):
    """Row i of Phi', (i,), on the way those of G, R_w and C_w."""
    eta, gamma = problem.learning_rate, problem.richness
    if i == 0:
        return np.empty(0)
    last, c_gain = i - 1, rows.c_g if problem.pure else rows.c_h
    rows.g[i, :last] = rows.g[last, :last] + gamma * eta**2 * (c_gain[last, :last] @ rows.g[:last, :last])
    rows.g[i, last] = eta
    rows.r_w[i, :i] = rows.g[i, :i] @ rows.r_h[:i, :i]
    _fill(rows.c_w, i, (rows.r_w[i, :i] @ rows.c_g[:i, :i]) @ rows.r_w[: i + 1, :i].T)
    fed_back = gamma * eta * rows.c_w[i, :i]
    force = rows.r_w[i, :i] + (fed_back if problem.pure else fed_back @ rows.r_h[:i, :i])
    return force @ rows.r_d[:i, :i]


def _mean_responses(problem, rows, learned, i):
    """Row i of U, V, R_D, R_h and of the transfer functions, from that of S_k, ``learned`` (i, K)."""
    spectrum, upto = problem.spectrum, slice(i + 1)
    rows.transfer[i] = 1 - learned.sum(0)
    rows.learned[i, :i] = learned @ spectrum.multiplicity
    rows.gradient_learned[i, :i] = learned @ (spectrum.multiplicity * spectrum.eigenvalue)
    rows.r_d[i, upto] = -problem.inverse_samples * rows.learned[i, upto]
    rows.r_d[i, i] = 1.0
    lost = rows.learned[i, upto]
    if problem.pure:
        seen = rows.r_d[i, upto]
        lost = (spectrum.trace * seen - seen @ rows.gradient_learned[upto, upto]) @ rows.r_w[upto, upto]
    rows.r_h[i, upto] = -problem.inverse_width * lost
    rows.r_h[i, i] = 1.0


def _correlations(problem, rows, responses, learned, i):
    """Row i of C_0 with both losses, of Q, C_g', C_g and C_h."""
    upto = slice(i + 1)
    errors, gradients = _sums_over_modes(problem, rows, responses, learned, i)
    _fill(rows.c_0, i, errors)
    rows.test_loss[i] = errors[i]
    rows.train_loss[i] = _train_loss(problem, rows, i)
    drive = problem.inverse_samples * (errors + problem.label_power)
    drive[i] += problem.inverse_batch * rows.train_loss[i]
    _fill(rows.c_drive, i, drive)
    crossed = rows.gradient_learned[i, upto] @ rows.c_drive[upto, upto] + rows.gradient_learned[upto, upto] @ drive
    _fill(rows.c_bare, i, gradients + problem.spectrum.trace * drive - crossed)
    _fill(rows.c_g, i, _propagated(rows.r_d, rows.c_bare, i))
    _fill(rows.c_h, i, _propagated(rows.r_h, rows.c_g, i))


def _sums_over_modes(problem, rows, responses, learned, i):
    """Row i, (i + 1,) each, of C_0 and of its sum weighted by lambda_k; of C_0 the last entry alone if online."""
    eigenvalue, task_power, multiplicity, _ = problem.spectrum
    online = problem.inverse_samples == 0
    drive = rows.c_drive.diagonal()[:i, None] * learned if online else rows.c_drive[:i, :i] @ learned
    drive *= multiplicity
    signal = multiplicity * task_power * rows.transfer[i]
    errors, gradients = np.stack([signal, signal * eigenvalue]) @ rows.transfer[: i + 1].T
    if problem.inverse_width and problem.pure:
        # H_k C_w H_k^T = (I - S_k) C_w H_k^T
        noise = rows.c_w[: i + 1, i, None] - rows.c_w[: i + 1, :i] @ learned
        noise *= problem.inverse_width * multiplicity * eigenvalue
        drive -= noise[:i]
        errors += noise.sum(1)
        gradients += noise @ eigenvalue
    elif problem.inverse_width:
        drive += (rows.c_bare[:i, :i] @ learned) * (problem.inverse_width * multiplicity / eigenvalue)
    if online:
        errors[:i] = 0.0
        errors[i] += np.vdot(drive, learned)
        return errors, gradients + responses.contract(drive * eigenvalue)[0]
    added = responses.contract(drive, drive * eigenvalue)
    return errors + added[0], gradients + added[1]


def _train_loss(problem, rows, i):
    """E Delta(i)^2, of the drive without the noise of its own step; label noise included."""
    seen, learned = rows.r_d[i, : i + 1], rows.learned[i, :i]
    shown = seen @ rows.c_0[: i + 1, : i + 1] @ seen + problem.label_power * seen.sum() ** 2
    return shown + problem.inverse_samples * problem.inverse_batch * (learned**2 @ rows.train_loss[:i])


def _propagated(response, correlation, i):
    """Row i of R C R^T, up to its diagonal."""
    upto = slice(i + 1)
    return response[upto, upto] @ (response[i, upto] @ correlation[upto, upto])


def _fill(correlation, i, row):
    """Row and column i of a symmetric matrix, up to the diagonal."""
    correlation[i, : i + 1] = correlation[: i + 1, i] = row
