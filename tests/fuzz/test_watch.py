"""The watch sees what a reader must not do."""

import os
import subprocess
import warnings

import numpy as np
import pytest
from scalefront.errors import StudyError

from tests.fuzz.files import Bomb
from tests.fuzz.watch import Watch


def refuse(path, said):
    raise StudyError(path, "", None, said)


class Talkative(StudyError):
    """A refusal of two lines."""

    def __str__(self):
        return "one\ntwo"


def talk(path):
    raise Talkative(path, "", None, "")


def unpickle(path):
    np.savez(path.with_name("trap.npz"), a=np.array([Bomb(path.with_name("made"))], dtype=object))
    with np.load(path.with_name("trap.npz"), allow_pickle=True) as arrays:
        return arrays["a"]


HARM = {
    "writes": lambda path: path.with_name("other").write_text("x"),
    "writes the input": lambda path: path.write_text("x"),
    "makes a folder": lambda path: path.with_name("made").mkdir(),
    "removes the input": lambda path: path.unlink(),
    "starts a program": lambda _: subprocess.run(["true"], check=True),
    "spawns a program": lambda _: os.waitpid(os.posix_spawnp("true", ["true"], os.environ), 0),  # no fork, beside JAX
    "unpickles": unpickle,
    "warns": lambda _: warnings.warn("look", stacklevel=1),
    "raises": lambda _: [].pop(),
    "takes memory": lambda _: np.empty(2**40),
    "says that memory is short": lambda path: refuse(path, "MemoryError"),
    "names no file": lambda path: refuse(path.parent.parent / "other", "no"),
    "says two lines": talk,
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_harm_is_seen(harm, tmp_path):
    path = tmp_path / "input"
    path.write_text("text")
    with pytest.raises((AssertionError, UserWarning, IndexError, MemoryError)):
        Watch(tmp_path).read(harm, path)


def test_reading_and_refusing_are_no_harm(tmp_path):
    path = tmp_path / "input"
    path.write_text("text")
    watch = Watch(tmp_path)
    assert watch.read(lambda path: path.read_text(), path) == "text"
    assert watch.read(lambda path: refuse(path, "no"), path) is None
    assert dict(watch.counts) == {"accepted": 1, "refused": 1}
