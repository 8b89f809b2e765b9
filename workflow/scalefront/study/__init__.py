"""Study files: read, validated, expanded into points, cut into shards."""

from scalefront.study.points import Point, Shard, canonical_json, point_digest
from scalefront.study.study import Study, read_study

__all__ = ["Point", "Shard", "Study", "canonical_json", "point_digest", "read_study"]
