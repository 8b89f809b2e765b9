"""The code behind each rule as a digest: its script, and the module of the model that the script imports by name."""

from scalefront.code_digest import code_digest
from scalefront.models import PARTS, REGISTRY

RULES = {"simulation": "simulate", "theory": "solve"}  # kind of curves -> the rule that makes its shards
MODEL_PARTS = {"simulate": "simulation", "solve": "theory", "correlate": "order_parameters", "fit": "exponents"}


def rule_digest(root, rule, model=None):
    """Digest of the code behind ``rule`` in the checkout at ``root``; the rules of MODEL_PARTS need a ``model``."""
    part = MODEL_PARTS.get(rule)
    modules = [f"{REGISTRY[model]}.{PARTS.get(part, part)}"] if part else []
    return code_digest(root / "scripts" / f"{rule}.py", modules, root / "workflow" / "scalefront")
