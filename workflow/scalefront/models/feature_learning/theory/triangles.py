"""Rows that the causal march fills, one step at a time."""

from typing import NamedTuple

import numpy as np

from scalefront.models.feature_learning.theory.order_parameters import ROUNDING, OrderParameters


class Triangles(NamedTuple):
    """Matrices in time (n, n) and what stands beside them, as of ``march``; correlations are kept symmetric.

    ``learned`` is U = sum_k S_k, ``gradient_learned`` V = sum_k lambda_k S_k, ``c_drive`` Q and ``c_bare`` C_g'. Of
    C_0 the diagonal alone is filled where samples are infinite.
    """

    test_loss: np.ndarray
    train_loss: np.ndarray
    transfer: np.ndarray
    g: np.ndarray
    r_h: np.ndarray
    r_w: np.ndarray
    r_d: np.ndarray
    learned: np.ndarray
    gradient_learned: np.ndarray
    c_w: np.ndarray
    c_0: np.ndarray
    c_drive: np.ndarray
    c_bare: np.ndarray
    c_g: np.ndarray
    c_h: np.ndarray

    @classmethod
    def start(cls, rows, groups):
        """Zeros for ``rows`` = n steps and K ``groups`` of modes."""
        return cls(*np.zeros((2, rows)), np.zeros((rows, groups)), *np.zeros((12, rows, rows)))

    def end(self, row):
        """Losses of +inf, and zeros in all else, from ``row`` on."""
        for array in self:
            array[row:] = 0.0
            if array.ndim == 2 and array is not self.transfer:
                array[:, row:] = 0.0
        self.test_loss[row:] = self.train_loss[row:] = np.inf

    def order_parameters(self, problem):
        """OrderParameters; the training errors are Delta = R_D u + (R_D - I) xi with I - R_D = U/P."""
        train_loss, c_d = np.full_like(self.train_loss, np.nan), np.full_like(self.c_0, np.nan)
        if problem.inverse_samples:
            start = self.train_loss[0]
            rounded = (self.train_loss < 0) & (self.train_loss > -ROUNDING * start)
            train_loss = np.where(rounded, 0.0, self.train_loss)
            c_d = self.r_d @ (self.c_0 + problem.label_power) @ self.r_d.T
            seen = np.where(np.isfinite(train_loss), train_loss, 0.0)
            c_d += problem.inverse_samples * problem.inverse_batch * (self.learned * seen) @ self.learned.T
        return OrderParameters(
            self.test_loss,
            train_loss,
            self.c_w,
            self.c_h,
            self.c_g,
            c_d,
            self.g,
            self.r_h,
            self.r_w,
            self.r_d,
            self.transfer,
        )
