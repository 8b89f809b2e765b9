"""Tables with known curves: whatever loss of width N, samples P and time t a test writes down."""

import numpy as np
import pandas as pd
import pytest

INF = np.inf
TIMES = np.append(np.geomspace(0.1, 1e6, 71), INF)  # ten a decade
PLAIN = {"capacity": 1.25, "modes": 1e8, "label_noise": 0.0, "ensemble": 1.0, "optimizer": "gradient_flow"}
PLAIN |= {"learning_rate": None, "momentum": None, "batch": None}


@pytest.fixture(scope="session")
def curve_rows():
    """Function from a test loss of (N, P, t) to the rows of a table that holds it for every point."""
    return _table


@pytest.fixture(scope="session")
def fitted():
    """Function from a fits table to the one row of a parameter, of one kind."""

    def row(fits, fit, parameter="exponent", kind="theory"):
        found = fits[(fits["fit"] == fit) & (fits["parameter"] == parameter) & (fits["kind"] == kind)]
        assert len(found) == 1
        return found.iloc[0]

    return row


def _table(loss, widths=(INF,), samples=(INF,), times=TIMES, seeds=0, scatter=0.0, train=None, **words):
    """Rows of theory, or of ``seeds`` runs whose losses are off by a factor of their own, exp(scatter x normal)."""
    frames = []
    for number, (width, size) in enumerate((n, p) for n in widths for p in samples):
        for seed in range(seeds) if seeds else [None]:
            rng = np.random.default_rng([number, seed or 0])
            factor = 1.0 if seed is None else np.exp(scatter * rng.normal())
            point = PLAIN | {"width": width, "samples": size} | words
            columns = {"study": "s", "model": "m", "kind": "simulation" if seeds else "theory", "point": str(point)}
            columns |= {"seed": seed, **point, "time": times, "steps": np.nan, "compute": width * times, "status": "ok"}
            values = loss(width, size, times) * factor
            hidden = np.nan if train is None else train(width, size, times) * factor
            frames.append(pd.DataFrame(columns | {"test_loss": values, "train_loss": hidden}))
    return pd.concat(frames, ignore_index=True)
