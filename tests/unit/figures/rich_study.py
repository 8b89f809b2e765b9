"""Tables of studies of feature learning whose exponents are known: fits and a frontier by words.

L = (1 + t)^-chi + N^-(capacity min(source, 1)), chi of theory/feature_learning.md 2.4.
"""

import hashlib

import numpy as np
import pandas as pd
from scalefront.study.points import shard_name

INF = np.inf
TIMES = np.append(np.geomspace(0.1, 1e4, 21), INF)
BY = ["capacity", "source", "richness"]
CAPACITIES, SOURCES, RICHNESS = (1.25, 1.5, 2.0), (0.5, 1.0, 1.5, 2.0), (0.0, 1.0)
EDGE, NO_WINDOW = (1.25, 2.0), (2.0, 0.5)  # (capacity, source) whose optima are on the edge; whose window is too short
SHIFT, WIDTH, DRIFT = 0.02, 0.004, -0.007  # of a measured exponent: over the prediction, of half its interval, drift


def time_exponent(source, richness):
    return source * max(1, 2 / (1 + source)) if richness else source


def compute_exponent(capacity, source, richness):
    chi, plateau = time_exponent(source, richness), capacity * min(1, source)
    return plateau * chi / (plateau + chi)


def settings_of(**changes):
    empty = {"study": "rich", "title": "Rich", "remarks": "", "model": "feature_learning", "fits": {}, "frontier": None}
    return empty | changes


def curve(kind="theory", seed=None, **changes):
    """Rows of one curve of the curves table."""
    told = {"spectrum": "power_law", "capacity": 1.5, "source": 0.5, "modes": 1e6, "width": INF, "samples": INF}
    told |= {"richness": 1.0, "architecture": "projected", "depth": 1.0, "label_noise": 0.0}
    told |= {"optimizer": "gradient_flow", "learning_rate": np.nan, "batch": np.nan} | changes
    loss = (1 + TIMES) ** -time_exponent(told["source"], told["richness"])
    loss = loss + told["width"] ** -(told["capacity"] * min(1, told["source"]))
    point = hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:12]
    columns = {"study": "rich", "model": "feature_learning", "kind": kind, "point": point, "seed": seed, **told}
    columns |= {"time": TIMES, "steps": np.nan, "compute": told["width"] * TIMES, "test_loss": loss}
    return pd.DataFrame(columns | {"train_loss": np.nan, "status": "ok"}).astype({"seed": float})


def fit_row(fit, parameter, value, predicted=np.nan, **changes):
    """One row of the fits table."""
    told = {"study": "rich", "fit": fit, "kind": "theory", "parameter": parameter, "value": value, "status": "ok"}
    told |= {"low": value - WIDTH, "high": value + 2 * WIDTH, "drift": DRIFT, "predicted": predicted}
    return told | {"window_low": 10.0, "window_high": 1e3, "left_out_because": None} | changes


def chi_study(richness=(0.0, 1.0, 10.0), sources=(0.5, 0.75, 1.0, 1.25)):
    """Settings and tables of a fit of the time exponent by source and richness."""
    points = [{"source": source, "richness": one} for source in sources for one in richness]
    groups, rows = {}, []
    for point in points:
        name, predicted = shard_name(point, ["source", "richness"]), -time_exponent(**point)
        groups[name] = {"where": point, "predicted": predicted}
        rows.append(fit_row(f"chi.{name}", "exponent", predicted - SHIFT, predicted))
        rows.append(fit_row(f"chi.{name}", "prefactor", 1.0))
    fit = {"of": "test_loss", "law": "power", "against": "time", "window": "auto", "excess_over": None}
    fit |= {"where": {"kind": "theory", "width": INF}, "by": ["source", "richness"], "groups": groups}
    curves = pd.concat([curve(**point) for point in points], ignore_index=True)
    tables = {"curves": curves, "fits": pd.DataFrame(rows), "frontier": pd.DataFrame()}
    return settings_of(fits={"chi": fit | {"predicted": None}}), tables


def phase_study(capacities=CAPACITIES, sources=SOURCES, richness=RICHNESS):
    """Settings and tables of a frontier by capacity, source and richness."""
    points = [dict(zip(BY, (a, b, c), strict=True)) for a in capacities for b in sources for c in richness]
    groups, curves, fits, frontier = {}, [], [], []
    for point in points:
        name, r = shard_name(point, BY), compute_exponent(**point)
        groups[name] = {"where": point, "predicted": {"loss_exponent": -r}}
        curves += [curve(**point, width=width) for width in (8.0, 32.0, 128.0)]
        fits += _frontier_fits(f"frontier.envelope.{name}", point, r)
        frontier.append(_optima(f"frontier.envelope.{name}", point, r))
    asked = {"size": "width", "compute": ["width", "time"], "budget": None, "methods": ["envelope"], "where": {}}
    asked |= {"by": BY, "groups": groups, "predicted": None}
    tables = {"curves": pd.concat(curves, ignore_index=True), "fits": pd.DataFrame(fits)}
    return settings_of(frontier=asked), tables | {"frontier": pd.concat(frontier, ignore_index=True)}


def status_of(point):
    return {EDGE: "no_data", NO_WINDOW: "no_window"}.get((point["capacity"], point["source"]), "ok")


def _frontier_fits(fit, point, r):
    status = status_of(point)
    if status != "ok":
        lost = dict.fromkeys(("value", "low", "high", "drift", "window_low", "window_high"), np.nan)
        return [fit_row(fit, "loss_exponent", np.nan, -r) | lost | {"status": status}]
    return [fit_row(fit, "loss_exponent", -(r + SHIFT), -r), fit_row(fit, "loss_prefactor", 1.0)]


def _optima(fit, point, r):
    compute = np.geomspace(1e1, 1e4, 7)
    columns = {"size": compute**0.4, "time": compute**0.6, "loss": compute**-r, "samples": INF}
    columns |= {f"{name}_{end}": value for name, value in columns.items() for end in ("low", "high")}
    told = {"study": "rich", "kind": "theory", "method": "envelope", "fit": fit, "budget": np.nan, "compute": compute}
    edge = (compute < 30) | (status_of(point) == "no_data")
    return pd.DataFrame(told | columns | {"edge": edge, "binds": None})
