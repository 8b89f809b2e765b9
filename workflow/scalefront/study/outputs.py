"""The files that the workflow makes of a study, as paths relative to the working folder, and their rows."""


def shard_names(study, kind):
    """Relative paths of the shards of one kind, in the order in which they are merged."""
    return [f"results/{study.name}/shards/{kind}/{shard.name}.parquet" for shard in study.shards.get(kind, ())]


def table_names(study):
    """Relative paths of the tables of a Study by what they hold: "curves", "fits", ...; shards are left out."""
    names = ["curves", "fits", "frontier", "claims"]
    names += ["spectrum"] if study.spectrum.measured else []
    names += ["order_parameters"] if study.order_parameters is not None else []
    return {name: f"results/{study.name}/{name}.parquet" for name in names}


def claims_name(name):
    """Relative path of the claims of the study ``name``."""
    return f"results/{name}/claims.parquet"


def result_names(study):
    """Relative paths of all that the workflow makes of a Study: shards, tables, figures, the data set it exports."""
    names = [name for kind in study.shards for name in shard_names(study, kind)]
    names += table_names(study).values()
    names += [f"results/{study.name}/figures/{figure}.{form}" for figure in study.figures for form in ("svg", "png")]
    return names + ([f"results/datasets/{study.spectrum.bundled}.npz"] if study.spectrum.bundled else [])


def curve_rows(study, shard):
    """Rows of the curves of a shard, or more: some times of stepped dynamics may fall together."""
    return sum(seeds if shard.kind == "simulation" else 1 for _, seeds in shard.entries) * len(study.time)
