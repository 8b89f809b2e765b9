"""Transfer functions H_k(t): the share of the error of mode k that is left at time t."""

from scalefront.figures import marks, style
from scalefront.figures.labels import equation, known_axis, number, symbol
from scalefront.figures.order_parameters import indices, line_of, missing, solved_points


@style.styled
def draw(settings, tables):
    """Figure of H_k(t), a panel for every point and a colour for every mode; its limit is never learned.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "order_parameters" where the study asks for them

    Returns
    -------
    matplotlib Figure
    """
    table = tables.get("order_parameters")
    points = [] if table is None else solved_points(table, ["H"])
    if not points:
        return style.message(settings, missing(tables))
    figure, panels = style.panels(settings, points)
    drawn = []
    for axes, point in panels:
        axes.set(xscale="log", xlabel=known_axis("time", table), ylabel="transfer function Hₖ", title=point.caption)
        drawn += _draw_modes(axes, point)
    style.legend_below(figure, marks.keys(drawn, symbol("time")))
    return figure


def _draw_modes(axes, point):
    """The Lines that were drawn, with a legend of the modes and their masses at zero rate."""
    modes = indices(point.rows)
    shades, drawn, handles = style.colours(modes), [], []
    for mode in modes:
        line = line_of(point.rows, "H", mode)
        marks.draw_curve(axes, line, shades[mode])
        mass = f", limit {number(float(line.limit.mean[0]))}" if len(line.limit.x) else ""
        handles.append(style.line_key(equation("index", mode) + mass, shades[mode]))
        drawn.append(line)
    axes.axhline(0, color=style.GREY, linewidth=0.5, zorder=1)
    style.legend(axes, handles + style.left_out_keys(point.left_out), clear=True)
    return drawn
