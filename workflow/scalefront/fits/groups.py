"""Fits that are made ``by`` words: the rows and the question of each group of curves, from one pass over the table."""

import pandas as pd

from scalefront.study.points import shard_name


def one_by_one(curves, name, spec, replaced):
    """(name, table, spec) of every fit that ``spec`` stands for: itself, or one for each of its groups.

    Parameters
    ----------
    curves : curves table of one study
    name : of the fit or frontier, to which a group adds its own: ``name.group``
    spec : of the fit or frontier; with ``by``, its ``groups``: name -> ``{where: word -> value of by, predicted}``
    replaced : words in which a reference may differ from the curves of a group

    Returns
    -------
    list; the table of a group holds its curves and those that may be their references
    """
    if not spec.get("by"):
        return [(name, curves, spec)]
    shared = [word for word in spec["by"] if word not in replaced]
    tables, none = _tables(curves, shared), curves.iloc[:0]
    found = []
    for group, told in spec["groups"].items():
        table = tables.get(shard_name(told["where"], shared), none)
        own = {"where": spec["where"] | told["where"], "predicted": told["predicted"]}
        found.append((f"{name}.{group}", table, spec | own))
    return found


def _tables(curves, words):
    """Name of a group -> rows of a table that share the values of ``words``."""
    if not words:
        return {shard_name({}, ()): curves}
    found = {}
    for key, rows in curves.groupby(words, dropna=False):
        values = {word: None if pd.isna(value) else value for word, value in zip(words, key, strict=True)}
        found[shard_name(values, words)] = rows
    return found
