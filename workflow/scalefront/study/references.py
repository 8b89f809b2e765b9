"""Curves that stand beside those of a fit: the same points with some words replaced."""


def read_replaced(block, parameters, others=()):
    """word -> value that replaces that of a curve, null where a word may have none; ``others`` are read elsewhere."""
    block.only({*parameters, *others})
    replaced = {}
    for word, value in block.content.items():
        if word in others:
            continue
        if value is None and parameters[word].default is None:
            replaced[word] = None
        elif parameters[word].accepts(value):
            replaced[word] = parameters[word].convert(value)
        else:
            block.refuse(word, f"must be {parameters[word].allowed}")
    return replaced


def need_references(block, key, selected, shards, replaced):
    """Refuse a selection in which no curve, or not every other one, has its reference in the sweep.

    Parameters
    ----------
    block, key : the fit, and where its words are replaced
    selected : kind -> points; one that has the replaced values already is its own reference and is not looked at
    shards : kind -> shards of the study
    replaced : word -> value
    """
    for kind, points in selected.items():
        others = [point for point in points if point.parameters | replaced != point.parameters]
        if not others:
            block.refuse(key, f"other values than the {kind} curves of where have themselves")
        known = [point.parameters for shard in shards[kind] for point, _ in shard.entries]
        swept = {_values(parameters) for parameters in known}
        for point in others:
            if _values(point.parameters | replaced) not in swept:
                block.refuse(
                    key, f"values that the sweep holds: it has no such {kind} curve for {_shown(point, replaced)}"
                )


def _values(parameters):
    return tuple(parameters.values())


def _shown(point, replaced):
    """The sizes of a point, by which a reader knows it, without those that are replaced."""
    sizes = {word: point.parameters.get(word) for word in ("width", "samples") if word not in replaced}
    return ", ".join(f"{word} = {value:g}" for word, value in sizes.items() if value is not None) or "these points"
