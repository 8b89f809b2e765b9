"""Responses of every group of modes in packed lower triangles, the bulk of the march's memory and time."""

import numpy as np

ROWS = 32  # of a block; it stores the columns up to its last row alone


class ModeResponses:
    """Learned responses S_k = I - H_k = lambda_k Phi' H_k of K groups of modes, strictly lower triangular, row by row.

    A row s holds S_k[s, s'] at column s' K + k, so that one vector-matrix product extends all groups and one
    matrix-vector product contracts them; 4 K n^2 bytes for n rows.
    """

    def __init__(self, eigenvalue, rows):
        self._eigenvalue = eigenvalue
        self._rows = rows
        self._blocks = []

    def extend(self, force):
        """Append the row i = len(force) of S_k = lambda_k Phi' (I - S_k) from that of Phi', ``force`` (i,); (i, K)."""
        row, groups = len(force), len(self._eigenvalue)
        if row % ROWS == 0:
            height = min(ROWS, self._rows - row)
            self._blocks.append(np.zeros((height, (row + height) * groups)))
        found = np.repeat(force, groups).reshape(row, groups)
        for start, block in self._up_to(row):
            if start < row:
                width = min(start + len(block), row) * groups
                part = block[: row - start, :width]
                found.reshape(-1)[:width] -= force[start : start + len(part)] @ part
        found *= self._eigenvalue
        self._blocks[row // ROWS][row % ROWS, : row * groups] = found.reshape(-1)
        return found

    def contract(self, *weights):
        """Sums over k and b < i of S_k[s, b] weight[b, k] at s = 0 .. i, for each ``weight`` (i, K); (i + 1,) each."""
        row, groups = weights[0].shape
        sums = np.empty((len(weights), row + 1))
        for start, block in self._up_to(row):
            end = min(start + len(block), row + 1)
            width = min(end, row) * groups
            for total, weight in zip(sums, weights, strict=True):
                total[start:end] = block[: end - start, :width] @ weight.reshape(-1)[:width]
        return sums

    def _up_to(self, row):
        for number, block in enumerate(self._blocks):
            if number * ROWS <= row:
                yield number * ROWS, block
