"""Whole steps for the times that a study asks for, one rule for all dynamics that take steps."""

import numpy as np


def whole_steps(time, learning_rate):
    """Numbers of steps (n,) nearest to the times (T,), each once: time = learning_rate x steps; inf stays inf.

    Parameters
    ----------
    time : (T,) increasing times >= 0, the last one may be inf
    learning_rate : > 0
    """
    steps = np.rint(np.asarray(time, float) / learning_rate)
    return np.unique(steps)
