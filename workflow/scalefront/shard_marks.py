"""The mark of a shard: a digest of all that decides its rows, by which one made for another question is known."""

import hashlib
import json

from scalefront.rule_digests import RULES, rule_digest
from scalefront.study.outputs import shard_names


def mark(settings, code):
    """First 16 hex digits of the SHA-256 of the settings of a job (plain data) and of the digest of its code."""
    return hashlib.sha256(json.dumps([settings, code], sort_keys=True).encode()).hexdigest()[:16]


def shard_marks(study, root):
    """Path of every shard of a Study -> its mark, in the order in which shards are merged.

    Parameters
    ----------
    root : folder of the checkout whose scripts make the shards
    """
    marks = {}
    for kind, shards in study.shards.items():
        code = rule_digest(root, RULES[kind], study.model)
        for path, shard in zip(shard_names(study, [kind]), shards, strict=True):
            marks[path] = mark(study.shard_settings(kind, shard.name), code)
    return marks
