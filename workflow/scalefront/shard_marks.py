"""The mark of a shard: a digest of all that decides its rows, by which one made for another question is known."""

import hashlib
import json

from scalefront.code_digest import code_digest
from scalefront.models import PARTS, REGISTRY

SCRIPTS = {"simulation": "simulate", "theory": "solve"}


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
    for kind, script in SCRIPTS.items():
        code = code_digest(root / "scripts" / f"{script}.py", [f"{REGISTRY[study.model]}.{PARTS[kind]}"])
        for shard in study.shards.get(kind, ()):
            settings = study.shard_settings(kind, shard.name)
            marks[f"results/{study.name}/shards/{kind}/{shard.name}.parquet"] = mark(settings, code)
    return marks
