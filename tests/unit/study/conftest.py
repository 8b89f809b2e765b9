"""A study file that is right, to be made wrong one key at a time."""

import copy

import pytest
from ruamel.yaml import YAML
from scalefront.catalogue import load_study

MINIMAL = {
    "title": "A small study",
    "model": "random_features",
    "seeds": 2,
    "spectrum": {"kind": "power_law", "capacity": 1.25, "source": 0.4, "modes": 200},
    "time": {"start": 0.1, "stop": 100.0, "points": 7, "spacing": "log", "limit": True},
    "sweep": [{"width": [8, 16], "samples": [float("inf")]}],
}


class Workbench:
    """Writes study files into a folder and loads them."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, content, name="small.yaml"):
        path = self.folder / name
        if isinstance(content, str):
            path.write_text(content)
        else:
            with path.open("w") as stream:
                YAML(typ="safe", pure=True).dump(content, stream)
        return path

    def load(self, content, name="small.yaml"):
        return load_study(self.write(content, name))

    def changed(self, **changes):
        """The minimal study with dotted keys changed (a dot is written __); None removes a key."""
        content = copy.deepcopy(MINIMAL)
        for key, value in changes.items():
            *path, last = key.split("__")
            block = content
            for part in path:
                block = block[int(part)] if part.isdigit() else block.setdefault(part, {})
            if value is None:
                block.pop(last)
            else:
                block[int(last) if last.isdigit() else last] = value
        return content


@pytest.fixture
def bench(tmp_path):
    return Workbench(tmp_path)
