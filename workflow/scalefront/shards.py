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
    words, text = parameter_words(model)
    run = part(model, kind)
    compute = run.simulate if kind == "simulation" else run.solve
    curves = list(compute(settings, sources))
    return curves_table(settings["study"], model, kind, words, text, curves)


def parameter_words(model):
    """The words of the columns that hold the parameters of a model, and those among them that hold text."""
    parameters = part(model, "parameters").PARAMETERS
    words = ["spectrum", *(parameter.word for parameter in parameters)]
    return words, {"spectrum"} | {parameter.word for parameter in parameters if parameter.choices}


def provenance(code, seed=None, **told):
    """What every table says of itself: digest of its code, versions of packages, the study's seed, what else is told.

    ``table`` (what it holds) and ``study`` let a reader refuse another one in its place; see ``tables.read``.
    """
    return {"code": code, "packages": {name: _version(name) for name in PACKAGES}, "seed": seed} | told


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
