"""Groups of points that share the values of the words of ``by``: a fit or a frontier is made for each of them."""

from scalefront.study.points import shard_name, sort_key
from scalefront.study.where import all_points, only_differ_in


def read_by(block, parameters, others):
    """The words of ``by`` in a fit or a frontier, none if absent; ``others`` (key -> word) are taken already."""
    if block.content.get("by") is None:
        return ()
    words = block.names("by", tuple(parameters), empty=False)
    for key, word in others.items():
        if word in words:
            block.refuse("by", f"other words than {key}", word)
    return words


def group_name(parameters, by):
    """The name of the group that a point is in, e.g. ``source-0.5_richness-1``; empty without words."""
    return shard_name(parameters, by) if by else ""


def group_points(selected, by):
    """Name -> {kind -> points} of every group among ``selected`` (kind -> points), ascending in the words of ``by``.

    Without words all points are one group, whose name is empty.
    """
    found = {}
    for point in sorted(all_points(selected), key=lambda point: sort_key(point.parameters, by)):
        found.setdefault(group_name(point.parameters, by), {})
    for kind, points in selected.items():
        for point in points:
            found[group_name(point.parameters, by)].setdefault(kind, []).append(point)
    return found


def each_differs_in(block, groups, words):
    """Refuse groups in which the points of one kind differ in other words than ``words``."""
    for group in groups.values():
        for kind, points in group.items():
            only_differ_in(block, points, words, kind)


def ungrouped(groups):
    """kind -> points of all ``groups`` together."""
    selected = {}
    for group in groups.values():
        for kind, points in group.items():
            selected.setdefault(kind, []).extend(points)
    return selected


def grouped(by, groups, predict):
    """The keys of a fit or a frontier that say which groups it is made for and what is predicted for each.

    Parameters
    ----------
    by : words
    groups : name -> {kind -> points}
    predict : function of points

    Returns
    -------
    ``{by, groups, predicted}``: groups is name -> ``{where, predicted}``, empty without words; then predicted is that
    of all points, else None
    """
    if not by:
        return {"by": [], "groups": {}, "predicted": predict(all_points(ungrouped(groups)))}
    told = {}
    for name, group in groups.items():
        points = all_points(group)
        told[name] = {"where": {word: points[0].parameters[word] for word in by}, "predicted": predict(points)}
    return {"by": list(by), "groups": told, "predicted": None}


def names_of(name, asked):
    """The names of the fits that one fit (or frontier) of a study stands for: ``name.group`` for each of its groups."""
    return [f"{name}.{group}" for group in asked["groups"]] or [name]


def in_words(values):
    """Words and their values for a reader, e.g. ``source 0.5, label noise 1``."""
    told = {word: shard_name(values, [word]).removeprefix(f"{word}-") for word in values}
    return ", ".join(f"{word.replace('_', ' ')} {text}" for word, text in told.items())
