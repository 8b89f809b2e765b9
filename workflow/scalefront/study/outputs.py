"""The files that the workflow makes of a study, as paths relative to the working folder, and their rows."""


def shard_names(study, kinds=None):
    """Relative paths of the shards of some ``kinds``, or of all, in the order in which they are merged."""
    return [
        f"results/{study.name}/shards/{kind}/{shard.name}.parquet"
        for kind in kinds or study.shards
        for shard in study.shards.get(kind, ())
    ]


def table_names(study):
    """Relative paths of the tables of a Study by what they hold: "curves", "fits", ...; shards are left out."""
    names = ["curves", "fits", "frontier", "claims"]
    names += ["spectrum"] if study.spectrum.measured else []
    names += ["order_parameters"] if study.order_parameters is not None else []
    return {name: f"results/{study.name}/{name}.parquet" for name in names}


def claims_name(name):
    """Relative path of the claims of the study ``name``."""
    return f"results/{name}/claims.parquet"


def figure_names(study):
    """Relative paths of the figures of a Study."""
    return [f"results/{study.name}/figures/{figure}.{form}" for figure in study.figures for form in ("svg", "png")]


def final_names(study):
    """Relative paths of what a Study is run for: its last tables and its figures; the others are made on the way."""
    on_the_way = ("frontier", "spectrum")
    return [path for name, path in table_names(study).items() if name not in on_the_way] + figure_names(study)


def result_names(study):
    """Relative paths of all that the workflow makes of a Study: shards, tables, figures, the data set it exports."""
    data = [f"results/datasets/{study.spectrum.bundled}.npz"] if study.spectrum.bundled else []
    return [*shard_names(study), *table_names(study).values(), *figure_names(study), *data]


def curve_rows(study, shard):
    """Rows of the curves of a shard, or more: some times of stepped dynamics may fall together."""
    return sum(seeds if shard.kind == "simulation" else 1 for _, seeds in shard.entries) * len(study.time)
