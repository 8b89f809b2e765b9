"""The command that a person typed, so that a message can say how to go on from there."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from scalefront.lifeline import FOLDER

COMMAND = "SCALEFRONT_COMMAND"
NOTED = "command.json"
ANEW = "remove it and run again: it is made anew"


def typed(arguments):
    """The command line ``arguments`` (sys.argv) as text that can be typed again."""
    program = Path(arguments[0])
    words = [str(program)]
    if program.name == "__main__.py":
        words = [sys.executable, "-m", program.parent.name]
    elif program.name == "-c" or shutil.which(program.name) == str(program):
        words = ["scalefront" if program.name == "-c" else program.name]
    return shlex.join([*words, *arguments[1:]])


def note(command, folder):
    """Keep in the working folder the ``command`` that runs there, and the ``folder`` in which it was typed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / NOTED).write_text(json.dumps([command, str(folder)]))


def how_to_rebuild(path):
    """What to type so that the result at ``path`` is made anew: to remove it, and the last command that ran there."""
    path = Path(path)
    for folder in path.absolute().parents:
        try:
            command, start = json.loads((folder / FOLDER / NOTED).read_text())
        except (OSError, ValueError):
            continue
        here = Path(start) == Path.cwd()
        remove = shlex.join(["rm", str(path if here else path.absolute())])
        move = [] if here else [shlex.join(["cd", start])]
        return "make it anew: " + " && ".join([remove, *move, command])
    return ANEW


def current(arguments):
    """The command that started this process: what `scalefront run` has said of itself, or ``arguments``."""
    return os.environ.get(COMMAND) or typed(arguments)
