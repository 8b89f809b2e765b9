"""Studies of one's own that have little to show, or losses that vanish: every figure is drawn, without a warning."""

from importlib import import_module

import numpy as np
import pytest
from scalefront.catalogue import load_study
from scalefront.figures import FIGURES
from scalefront.figures.style import save
from scalefront.results import study_fits
from scalefront.shards import shard_table
from scalefront.tables import merge, read, write

HEAD = "title: '{title}'\nmodel: random_features\n"
SPECTRUM = "spectrum: {kind: power_law, capacity: 1.5, source: 0.5, modes: 20}\n"
CASES = {
    "infinite sizes alone": (
        "time: {start: 1, stop: 10, points: 5}\nsweep: {curves: theory, width: .inf, samples: .inf}\n"
    ),
    "a panel without finite sizes": (
        "time: {start: 1, stop: 10, points: 5, limit: true}\nsweep: [{width: [4, .inf], samples: [9, .inf]},"
        " {width: [.inf], samples: [15], label_noise: [0, 0.3]}]\n"
    ),
    "time zero and its limit alone": "time: {values: [0], limit: true}\nsweep: {width: [4], samples: [8]}\n",
    "ensembles, optimizers and label noise": (
        "time: {start: 0.1, stop: 10, points: 5, limit: true}\nsweep:\n"
        "  - {curves: theory, width: 4, samples: 9, ensemble: [1, .inf], bags: [1, .inf], label_noise: [0, 0.3]}\n"
        "  - {curves: theory, width: [2, 4], samples: .inf, ensemble: 2}\n"
        "  - {width: 4, samples: 9, optimizer: gradient_descent, learning_rate: [0.2, 0.5]}\n"
        "  - {curves: theory, width: 4, samples: .inf, optimizer: momentum_flow, inertia: 2}\n"
    ),
    "losses that vanish": (
        "time: {start: 0.1, stop: 6.5e4, points: 20}\nsweep: {curves: theory, width: [8, .inf], samples: .inf}\n"
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_figure_of_an_odd_study_is_drawn(case, tmp_path):
    (tmp_path / "odd.yaml").write_text(HEAD.format(title="cost $5, {x $6") + SPECTRUM + CASES[case])
    study = load_study(tmp_path / "odd.yaml")
    paths = []
    for kind, shards in study.shards.items():
        for shard in shards:
            paths.append(tmp_path / f"{kind}-{shard.name}.parquet")
            write(paths[-1], shard_table(study.shard_settings(kind, shard.name), {}), {})
    merge(paths, tmp_path / "curves.parquet", study.swept, {})
    curves = read(tmp_path / "curves.parquet")
    settings = {"study": study.name, "model": study.model, "fits": {}, "frontier": None, "window": "auto"}
    fits, frontier = study_fits(settings, curves)
    told = settings | {"title": study.title, "swept": study.swept}
    for name, module in FIGURES.items():
        tables = {"curves": curves, "fits": fits, "frontier": frontier}
        figure = import_module(module).draw(told | {"figure": name}, tables)
        save(figure, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
        for axes in figure.axes:
            bottom, top = axes.get_ylim()
            assert axes.get_yscale() == "linear" or top / bottom < 1e40
    assert np.isfinite(curves["test_loss"]).any()
