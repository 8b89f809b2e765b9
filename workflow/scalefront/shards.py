"""What one job of the sweep computes: the curves of a shard as a table."""

from importlib.metadata import PackageNotFoundError, version

from scalefront.models import part
from scalefront.tables import curves_table

PACKAGES = ("jax", "numpy", "scipy", "pyarrow")


def shard_table(settings, sources):
    """Arrow table of the curves of one shard.

    Parameters
    ----------
    settings : study, model, kind, seed, time, points ([digest, seeds, parameters] each), rows, target
    sources : {"spectrum": path, "rows": path}, those that there are
    """
    model, kind = settings["model"], settings["kind"]
    parameters = part(model, "parameters").PARAMETERS
    words = ["spectrum", *(parameter.word for parameter in parameters)]
    text = {"spectrum"} | {parameter.word for parameter in parameters if parameter.choices}
    run = part(model, kind)
    compute = run.simulate if kind == "simulation" else run.solve
    curves = list(compute(settings, sources))
    return curves_table(settings["study"], model, kind, words, text, curves)


def provenance(code, seed=None):
    """What every table says of its making: digest of the code, versions of packages, the study's seed."""
    return {"code": code, "packages": {name: _version(name) for name in PACKAGES}, "seed": seed}


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
