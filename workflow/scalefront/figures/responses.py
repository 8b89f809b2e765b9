"""Response functions of the theory against the lag."""

from scalefront.figures import marks, style
from scalefront.figures.labels import known_axis
from scalefront.figures.order_parameters import LEAST, line_of, missing, name_of, solved_points

# of what to a push of what (theory/dynamical_model.md 2.1); the push itself, at lag 0, is no part of R1 and R3
RESPONSES = {"R1": "residuals", "R3": "projected gradient", "R02": "error", "R24": "gradient"}


@style.styled
def draw(settings, tables):
    """Figure of R1, R3, R02 and R24 by their size, dashed where negative, a panel for every point.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "order_parameters" where the study asks for them

    Returns
    -------
    matplotlib Figure
    """
    table = tables.get("order_parameters")
    points = [] if table is None else solved_points(table, list(RESPONSES))
    if not points:
        return style.message(settings, missing(tables))
    figure, panels = style.panels(settings, points)
    drawn = []
    for axes, point in panels:
        label = known_axis("time", table).replace("time t", "lag τ")
        axes.set(xlabel=label, ylabel="size of the response |R(τ)|", title=point.caption)
        drawn += _draw_responses(axes, point)
    style.legend_below(figure, marks.sign_keys(drawn))
    return figure


def _draw_responses(axes, point):
    """The Lines that were drawn; a response that is zero at every lag is told in the legend."""
    known = {name: line_of(point.rows, name).finite for name in RESPONSES}
    shown = {name: line for name, line in known.items() if line.mean.any()}
    axes.set(xscale="log", yscale="log" if shown else "linear")
    shades, handles = style.categories(list(RESPONSES)), []
    for name, line in shown.items():
        marks.draw_signed(axes, line, shades[name])
        handles.append(style.line_key(f"{name_of(name)}, {RESPONSES[name]}", shades[name]))
    zeros = [name for name, line in known.items() if len(line.x) and name not in shown]
    handles += [style.text_key(f"{name_of(name)} = 0 at every lag > 0") for name in zeros]
    style.legend(axes, handles + style.left_out_keys(point.left_out), least=LEAST)
    return list(shown.values())
