import pickle
import subprocess
import sys
from importlib import import_module

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from scalefront.figures import FIGURES, style

DRAW_ALL = """
import pickle, sys
from importlib import import_module
from scalefront.figures import FIGURES
from scalefront.figures.style import save
settings, tables = pickle.load(open(sys.argv[1], "rb"))
for name, module in FIGURES.items():
    save(import_module(module).draw(settings, tables), f"{sys.argv[2]}/{name}.svg", f"{sys.argv[2]}/{name}.png")
assert "matplotlib.pyplot" not in sys.modules
"""


def test_two_processes_save_the_same_bytes(tmp_path, settings, tables):
    (tmp_path / "given").write_bytes(pickle.dumps((settings(), tables)))
    here, there = tmp_path / "here", tmp_path / "there"
    command = [sys.executable, "-W", "error", "-c", DRAW_ALL, str(tmp_path / "given"), str(there)]
    with subprocess.Popen(command) as process:
        for name, module in FIGURES.items():
            style.save(import_module(module).draw(settings(), tables), here / f"{name}.svg", here / f"{name}.png")
        assert process.wait() == 0
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in (here, there))
    assert len(first) == 12
    assert first == second


def test_saved_figures_name_no_date_and_no_version(tmp_path):
    style.save(style.message("Title", "nothing"), tmp_path / "a.svg", tmp_path / "a.png")
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()
    assert b"Matplotlib v" not in (tmp_path / "a.svg").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()


def test_settings_of_the_user_do_not_reach_a_figure(tmp_path):
    style.save(style.message("Title", "nothing"), tmp_path / "a.svg", tmp_path / "a.png")
    with matplotlib.rc_context({"svg.hashsalt": "mine", "savefig.dpi": 50, "savefig.facecolor": "red"}):
        style.save(style.message("Title", "nothing"), tmp_path / "b.svg", tmp_path / "b.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("count", [1, 3, 30])
def test_sizes_have_colours_of_their_own_and_infinity_is_black(count):
    values = [*np.geomspace(8, 8e4, count), np.inf]
    shades = style.colours(values)
    assert len(set(shades.values())) == count + 1
    assert shades[np.inf] == "black"


@pytest.mark.parametrize("sequence", [style.SEQUENCE, style.SECOND_SEQUENCE])
def test_luminance_falls_with_size(sequence):
    """The order survives every kind of colour blindness and a grey print (Rec. 709 luminance)."""
    luminance = sequence(np.linspace(0, 1, 20))[:, :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < 0).all()


def test_a_message_is_a_figure():
    assert isinstance(style.message("A long title " * 10, "nothing to show"), Figure)
