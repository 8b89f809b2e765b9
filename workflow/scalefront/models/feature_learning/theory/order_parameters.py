"""Order parameters of the feature-learning model in steps (theory/feature_learning.md 2)."""

from typing import NamedTuple

import numpy as np

MOST_GROWTH = 1e100  # of a loss from its start on; beyond, a run has diverged and its losses are +inf
ROUNDING = 1e-13  # of the train loss at the start: below zero by less, it is zero


class OrderParameters(NamedTuple):
    """Losses, correlations and responses of one problem at steps 0 .. T; times are [later or equal, any] = [s, s'].

    A response [s, s'] is the mean derivative of its quantity at step s by a force on another at step s'; it is zero
    for s' > s. From a divergence on, all but the losses is zero.

    Attributes
    ----------
    test_loss : (T + 1,) population loss without the label noise; +inf from the step on at which it is MOST_GROWTH times
        its start
    train_loss : (T + 1,) loss on the training set, label noise included; NaN where samples are infinite
    c_w, c_h, c_g : (T + 1, T + 1) correlations of the readout w, w.w'/N, of the projected gradient h = A0 g, h.h'/N,
        and of the gradient in feature space, g.g'
    c_d : (T + 1, T + 1) correlations of the training errors, their diagonal the train loss; NaN where samples are
        infinite
    g : (T + 1, T + 1) response of the readout to forces h on it, in units of learning_rate, at fixed projection
    r_h : (T + 1, T + 1) response of a projected gradient to a field on itself; the identity at infinite width
    r_w : (T + 1, T + 1) response of the readout to a field on the projected gradient, g r_h
    r_d : (T + 1, T + 1) response of a training error to a field on itself; the identity where samples are infinite
    transfer : (T + 1, K) mean share of the target of each group of modes that is not learned yet, <v_k>/w*_k
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    c_w: np.ndarray
    c_h: np.ndarray
    c_g: np.ndarray
    c_d: np.ndarray
    g: np.ndarray
    r_h: np.ndarray
    r_w: np.ndarray
    r_d: np.ndarray
    transfer: np.ndarray
