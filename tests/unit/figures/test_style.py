import json
import subprocess
import sys
from importlib import import_module

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from scalefront.figures import FIGURES, style

DRAW_ALL = """
import json, sys
from importlib import import_module
from pathlib import Path
import pandas
from scalefront.figures import FIGURES
from scalefront.figures.style import save
given = Path(sys.argv[1])
settings = json.loads((given / "settings.json").read_text())
tables = {path.stem: pandas.read_parquet(path) for path in given.glob("*.parquet")}
for name, module in FIGURES.items():
    save(import_module(module).draw(settings, tables), f"{sys.argv[2]}/{name}.svg", f"{sys.argv[2]}/{name}.png")
assert "matplotlib.pyplot" not in sys.modules
"""


def test_two_processes_save_the_same_bytes(tmp_path, settings, tables, lazy):
    table = lazy["order_parameters"]
    tables = tables | {"order_parameters": table[table["point"] == table["point"].iloc[0]]}
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "settings.json").write_text(json.dumps(settings()))
    for name, frame in tables.items():
        frame.to_parquet(tmp_path / "given" / f"{name}.parquet")
    here, there = tmp_path / "here", tmp_path / "there"
    command = [sys.executable, "-W", "error", "-c", DRAW_ALL, str(tmp_path / "given"), str(there)]
    with subprocess.Popen(command) as process:
        for name, module in FIGURES.items():
            style.save(import_module(module).draw(settings(), tables), here / f"{name}.svg", here / f"{name}.png")
        assert process.wait() == 0
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in (here, there))
    assert len(first) == 2 * len(FIGURES)
    assert first == second


def test_saved_figures_name_no_date_and_no_version(tmp_path):
    style.save(style.message({"title": "Title"}, "nothing"), tmp_path / "a.svg", tmp_path / "a.png")
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()
    assert b"Matplotlib v" not in (tmp_path / "a.svg").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()


def test_settings_of_the_user_do_not_reach_a_figure(tmp_path):
    style.save(style.message({"title": "Title"}, "nothing"), tmp_path / "a.svg", tmp_path / "a.png")
    with matplotlib.rc_context({"svg.hashsalt": "mine", "savefig.dpi": 50, "savefig.facecolor": "red"}):
        style.save(style.message({"title": "Title"}, "nothing"), tmp_path / "b.svg", tmp_path / "b.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("count", [1, 3, 30])
def test_sizes_have_colours_of_their_own_and_infinity_is_black(count):
    values = [*np.geomspace(8, 8e4, count), np.inf]
    shades = style.colours(values)
    assert len(set(shades.values())) == count + 1
    assert shades[np.inf] == "black"


def test_many_values_from_zero_have_colours_of_their_own():
    values = [0.0, *np.geomspace(0.1, 10, 12)]
    assert len(set(style.colours(values).values())) == len(values)


@pytest.mark.parametrize("sequence", [style.SEQUENCE, style.SECOND_SEQUENCE])
def test_luminance_falls_with_size(sequence):
    """The order survives every kind of colour blindness and a grey print (Rec. 709 luminance)."""
    luminance = sequence(np.linspace(0, 1, 20))[:, :3] ** 2.2 @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) < 0).all()


REMARK = "The paper's settings; N and P are assumed, as is a price of $5 or $6. " * 5


@pytest.mark.parametrize("columns", [1, 3])
def test_a_remark_stands_between_the_title_and_the_panels(columns):
    figure, panels = style.panels({"title": "A long title " * 10, "remarks": REMARK}, list(range(columns)))
    for axes, _ in panels:
        axes.set_title("caption")
    figure.draw_without_rendering()
    (remark,) = [artist for artist in figure.artists if artist.get_gid() == "remark"]
    below, above = (artist.get_window_extent() for artist in (panels[0][0].title, figure._suptitle))
    here = remark.get_window_extent()
    assert below.y1 < here.y0 < here.y1 < above.y0
    assert here.x0 >= 0 and here.x1 <= figure.bbox.x1
    assert remark.get_text().replace("\n", " ") == REMARK.strip()


def test_without_a_remark_there_is_no_room_for_it():
    plain, silent = (style.panels({"title": "Title"} | told, [0])[0] for told in ({}, {"remarks": ""}))
    assert not plain.artists and not silent.artists
    assert tuple(plain.get_size_inches()) == tuple(silent.get_size_inches()) == (style.SINGLE, style.PANEL[1] + 0.35)


@pytest.mark.parametrize("figure_width", [4.6, 9.6])
def test_a_legend_below_is_no_wider_than_its_figure(figure_width):
    figure = Figure(figsize=(figure_width, 3), layout="constrained")
    figure.add_subplot()
    style.legend_below(figure, [style.line_key("what a line of this look means " * (1 + i % 2)) for i in range(7)])
    figure.draw_without_rendering()
    extent = figure.legends[0].get_window_extent()
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.x1


def test_a_message_is_a_figure():
    assert isinstance(style.message({"title": "A long title " * 10}, "nothing to show"), Figure)
