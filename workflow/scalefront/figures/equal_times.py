"""Correlations at equal times, C(t, t), against time: how far readout, hidden layer and gradients have come."""

from scalefront.figures import marks, style
from scalefront.figures.correlations import correlations_in
from scalefront.figures.labels import known_axis, symbol
from scalefront.figures.order_parameters import line_of, missing, name_of, solved_points


@style.styled
def draw(settings, tables):
    """Figure of C(t, t), a panel for each correlation of the table, a colour for every point.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "order_parameters" where the study asks for them

    Returns
    -------
    matplotlib Figure
    """
    table = tables.get("order_parameters")
    names = {} if table is None else correlations_in(table)
    points = solved_points(table, list(names)) if names else []
    if not points:
        return style.message(settings, missing(tables))
    figure, panels = style.panels(settings, list(names))
    shades, drawn = style.categories(range(len(points))), []
    for axes, name in panels:
        axes.set(xlabel=known_axis("time", table), ylabel=f"{name_of(name)}(t, t)")
        axes.set_title(f"{names[name]} at equal times")
        drawn += _draw_points(axes, name, points, shades)
    keys = [style.line_key(point.caption.replace("\n", " "), shades[number]) for number, point in enumerate(points)]
    style.legend_below(figure, keys + marks.keys(drawn, symbol("time")))
    return figure


def _draw_points(axes, name, points, shades):
    """The Lines that were drawn."""
    drawn = []
    for number, point in enumerate(points):
        rows = point.rows[point.rows["time"] == point.rows["other_time"]]
        line = line_of(rows, name)
        line = line.where(line.mean > 0)
        if len(line.x):
            marks.draw_curve(axes, line, shades[number])
            drawn.append(line)
    if drawn:
        axes.set(xscale="log", yscale="log")
        style.legend(axes, [])
    else:
        style.tell(axes, "none of the points has it")
    return drawn
