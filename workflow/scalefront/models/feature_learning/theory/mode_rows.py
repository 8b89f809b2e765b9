"""Lower-triangular matrices in time, one for each group of modes, stored by rows in the layout [j, s K + k]."""

import numpy as np

ROWS = 32
SMALLEST = 1e-100  # what lies below is 0: subnormal numbers are slow


class ModeRows:
    """n x n lower-triangular matrices X_k of K groups in blocks of 32 rows, which hold only the columns they need."""

    def __init__(self, size, groups):
        self._groups = groups
        self._blocks = [np.zeros((ROWS, (start + ROWS) * groups)) for start in range(0, size, ROWS)]

    def set(self, place, row):
        """Set row ``place`` of all X_k to ``row`` (place + 1, K)."""
        row[np.abs(row) < SMALLEST] = 0.0
        self._blocks[place // ROWS][place % ROWS, : row.size] = row.ravel()

    def left(self, vector):
        """sum_j vector[j] X_k[j, s] of shape (i, K), for a vector (i,) over the first i rows."""
        size = len(vector)
        out = np.zeros(size * self._groups)
        for start, rows, columns in self._parts(size):
            out[:columns] += vector[start : start + rows] @ self._blocks[start // ROWS][:rows, :columns]
        return out.reshape(size, self._groups)

    def right(self, matrix):
        """sum_{s k} X_k[j, s] matrix[s, k] of shape (i,), for a matrix (i, K) over the first i columns."""
        matrix, out = matrix.ravel(), np.empty(len(matrix))
        for start, rows, columns in self._parts(len(out)):
            out[start : start + rows] = self._blocks[start // ROWS][:rows, :columns] @ matrix[:columns]
        return out

    def total(self, size, weight):
        """sum_k weight[k] X_k[j, s] of shape (size, size) over the first rows, for a weight (K,)."""
        out = np.zeros((size, size))
        for start, rows, _ in self._parts(size):
            block = self._blocks[start // ROWS][:rows].reshape(-1, self._groups)
            columns = min(start + ROWS, size)
            out[start : start + rows, :columns] = (block @ weight).reshape(rows, -1)[:, :columns]
        return out

    def _parts(self, size):
        for start in range(0, size, ROWS):
            rows = min(ROWS, size - start)
            yield start, rows, (start + rows) * self._groups
