"""A table of order parameters with known functions: H_k = m_k + (1 - m_k) exp(-t/k), and the like."""

import numpy as np
import pandas as pd

TIMES = np.geomspace(0.1, 1e4, 26)
RATES = np.geomspace(1e-4, 10, 61)
INDEX = (1, 10, 100)


def mass(index):
    """Of the error of mode k, what is never learned: k/200."""
    return index / 200


def transfer(index, time):
    return mass(index) + (1 - mass(index)) * np.exp(-time / index)


def density(index, rate):
    """One less the mass, log-normal about the rate 1/k: the area of u rho over log u."""
    return (1 - mass(index)) * np.exp(-(np.log(rate * index) ** 2) / 2) / np.sqrt(2 * np.pi) / rate


def correlation(number, time, other):
    """C_n(t, s) = (1 + t + s)^-(1 + n)/2, positive."""
    return (1 + time + other) ** (-(1 + number) / 2)


def response(name, lag):
    """Negative and decaying but for R3, which rises above zero at lag 10."""
    return {"R1": -0.01, "R3": 0.002, "R02": -3.0, "R24": -2.0}[name] * (
        np.log10(lag / 10) / (1 + lag) if name == "R3" else np.exp(-lag / 100) / (1 + lag)
    )


def order_parameters(curves):
    """The table for the gradient flows among ``curves`` that have finite samples, and one without."""
    rows = pd.concat([one.iloc[:1] for one in curves])
    chosen = rows[(rows["kind"] == "theory") & (rows["optimizer"] == "gradient_flow") & (rows["modes"] == 4000)]
    chosen = chosen[(chosen["ensemble"] == 1) & (chosen["bags"] == 1)].drop_duplicates("point")
    return pd.concat([_point(row) for _, row in chosen.iterrows()], ignore_index=True).astype({"index": "Int64"})


def _point(row):
    words = [word for word in row.index if word not in ("kind", "seed", "time", "steps", "compute", "status")]
    told = row[[word for word in words if not word.endswith("_loss")]].to_dict()
    time, other = (grid.ravel() for grid in np.meshgrid(TIMES, TIMES, indexing="ij"))
    frames = [{"quantity": name, "time": TIMES, "value": response(name, TIMES)} for name in ("R1", "R3", "R02", "R24")]
    for number in range(4):
        if number < 3 or np.isfinite(row["width"]):
            values = correlation(number, time, other)
            frames.append({"quantity": f"C{number}", "time": time, "other_time": other, "value": values})
    for index in INDEX:
        times = np.append(TIMES, np.inf)
        frames.append({"quantity": "H", "index": index, "time": times, "value": transfer(index, times)})
        frames.append({"quantity": "density", "index": index, "rate": RATES, "value": density(index, RATES)})
    told |= {"index": pd.NA, "time": np.nan, "other_time": np.nan, "rate": np.nan, "status": "ok"}
    return pd.concat([pd.DataFrame(told | frame, index=range(len(frame["value"]))) for frame in frames])
