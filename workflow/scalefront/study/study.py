"""A study: what one file of config/studies asks for."""

import re
from dataclasses import dataclass
from pathlib import Path

from scalefront.errors import StudyError
from scalefront.study.block import Block
from scalefront.study.claims import read_claims
from scalefront.study.fits import read_fits
from scalefront.study.frontier import read_frontier
from scalefront.study.order_parameters import read_order_parameters
from scalefront.study.predictions import Predictions
from scalefront.study.spectrum import KEYS as KEYS_OF
from scalefront.study.spectrum import SpectrumSource, read_spectrum_block
from scalefront.study.sweep import MAX_SEEDS, read_sweep
from scalefront.study.timegrid import last_finite, read_time
from scalefront.study.yaml import read_yaml

KEYS = {
    "title": "what the study is about, one line",
    "paper": "the source of its claims, e.g. arXiv:2402.01092",
    "model": "name of the model",
    "seed": "whole number from which all randomness follows",
    "seeds": "independent draws of a point",
    "remarks": "which settings are the paper's and which are assumed, one line; shown with the figures",
    "spectrum": "kind: power_law (capacity, source, modes) | white (modes) | table (path, window)"
    " | data (path, target, window)",
    "dynamics": "optimizer and its words, label_noise",
    "time": "start, stop, points, spacing: log | linear, limit: true adds t = .inf; or values: a list",
    "sweep": "one grid or a list of grids: word -> value or list; curves, seeds, fan_out",
    "fits": "name -> of, against, by, excess_over, to, threshold, where, law, window, predicted",
    "order_parameters": "where, index: the DMFT order parameters of these theory points on the study's times",
    "frontier": "size, compute, budget, by, where, methods",
    "claims": "list of id, statement, quantity, relation, predicted, tolerance, relative_tolerance, where",
    "figures": "names of figures",
}
NAME = re.compile(r"[a-z][a-z0-9_]*")
MAX_NAME = 100  # characters of a study's name, which becomes that of folders and files
MAX_ROWS = 1_000_000_000  # of a curves table
RESERVED = (  # rules of the workflow, present and planned, and folders of results
    "all", "archive", "bundled", "claims", "correlate", "datasets", "draw", "export", "fit", "gather", "judge", "logs",
    "measure", "merge", "pack", "report", "results", "simulate", "solve",
)  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A validated study file.

    Attributes
    ----------
    swept : words that the sweep names, in the model's order: the order of rows
    shards : kind -> tuple of Shard
    time : tuple of floats, increasing; may end with inf
    fits, frontier, order_parameters, claims, figures : as in the file, with defaults filled in; every name is known
    """

    name: str
    path: str
    title: str
    paper: str
    remarks: str
    model: str
    seed: int
    spectrum: SpectrumSource
    time: tuple
    swept: tuple
    shards: dict
    fits: dict
    frontier: dict | None
    order_parameters: dict | None
    claims: tuple
    figures: tuple

    @property
    def points(self):
        """Digest -> Point of all kinds."""
        return {
            point.digest: point for shards in self.shards.values() for shard in shards for point, _ in shard.entries
        }

    @property
    def compute(self):
        """Words whose product is the compute, empty without a frontier."""
        return self.frontier["compute"] if self.frontier else []

    def shard_settings(self, kind, name):
        """What a job needs to know of one shard, as plain data: its points and nothing of its neighbours."""
        (shard,) = [shard for shard in self.shards.get(kind, ()) if shard.name == name]
        return {
            "study": self.name,
            "model": self.model,
            "kind": kind,
            "seed": self.seed,
            "time": list(self.time),
            "points": [[point.digest, seeds, point.parameters] for point, seeds in shard.entries],
            "rows": self.spectrum.kind == "data",
            "target": self.spectrum.target,
        }

    def order_parameter_settings(self):
        """What a job needs to know of the order parameters that are asked for, as plain data."""
        told = {"study": self.name, "model": self.model, "seed": self.seed, "time": list(self.time)}
        return told | self.order_parameters


def read_study(path, models, figures):
    """Read and validate the study file at ``path``.

    Parameters
    ----------
    path : file of study YAML
    models : name -> (parameters module, exponents module), a mapping that may import them when asked
    figures : names of the figures that can be drawn

    Raises
    ------
    StudyError : one line with file, key, value and what is allowed, before anything is computed
    """
    file = Path(path)
    name = study_name(file)
    top = Block(str(path), "", read_yaml(file))
    top.only(KEYS)
    top.require("title", "model", "spectrum", "time", "sweep")
    model = top.choice("model", tuple(models))
    declared, exponents = models[model]
    parameters = {parameter.word: parameter for parameter in declared.PARAMETERS}
    spectrum = read_spectrum_block(top.block("spectrum"))
    base = {"spectrum": spectrum.identity} | _base(top, parameters)
    foreign = {word for word, one in parameters.items() if one.block == "spectrum"} - KEYS_OF[spectrum.kind]
    seeds = top.whole("seeds", 1, low=1, high=MAX_SEEDS)
    time = read_time(top.block("time"))
    swept, shards = read_sweep(top, base, parameters, declared.check, seeds, last_finite(time), foreign)
    _check_rows(top, shards, time)
    predictions = Predictions(exponents)
    fits = read_fits(top, parameters, shards, time, predictions)
    frontier = read_frontier(top, parameters, shards, predictions)
    return Study(
        name=name,
        path=str(path),
        title=top.text("title"),
        paper=top.text("paper", ""),
        remarks=top.text("remarks", ""),
        model=model,
        seed=top.whole("seed", 0),
        spectrum=spectrum,
        time=time,
        swept=swept,
        shards=shards,
        fits=fits,
        frontier=frontier,
        order_parameters=read_order_parameters(top, parameters, shards, time, declared.check_order_parameters),
        claims=read_claims(top, parameters, fits, frontier, shards, spectrum, predictions),
        figures=top.names("figures", figures, ()),
    )


def study_name(path):
    """The stem of ``path``, if it can name a study; raises StudyError."""
    name = Path(path).stem
    if not NAME.fullmatch(name):
        raise StudyError(path, "", None, "a study's file name must match [a-z][a-z0-9_]*.yaml")
    if len(name) > MAX_NAME:
        raise StudyError(path, "", None, f"a study's name has at most {MAX_NAME} characters")
    if name in RESERVED:
        raise StudyError(path, "", None, f"{name!r} is reserved: a rule of the workflow or a folder of results")
    return name


def _check_rows(top, shards, time):
    entries = [(kind, seeds) for kind, cut in shards.items() for shard in cut for _, seeds in shard.entries]
    rows = len(time) * sum(seeds if kind == "simulation" else 1 for kind, seeds in entries)
    if rows > MAX_ROWS:
        allowed = f"at most {MAX_ROWS:.0e} rows: points times seeds times {len(time)} times"
        raise StudyError(top.file, "sweep", rows, allowed)


def _base(top, parameters):
    """Values of the spectrum and dynamics blocks, each in range."""
    given = {}
    dynamics = top.block("dynamics")
    dynamics.only({word for word, parameter in parameters.items() if parameter.block == "dynamics"})
    for block in (top.block("spectrum"), dynamics):
        for word, value in block.content.items():
            if word not in parameters:
                continue
            if not parameters[word].accepts(value):
                block.refuse(word, f"must be {parameters[word].allowed}")
            given[word] = parameters[word].convert(value)
    return given
