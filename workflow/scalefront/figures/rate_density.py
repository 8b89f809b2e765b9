"""The densities of rates behind the transfer functions: H_k(t) = mass at zero + integral of rho_k(u) exp(-u t)."""

from scalefront.figures import style
from scalefront.figures.labels import equation, known_axis, number
from scalefront.figures.order_parameters import indices, line_of, missing, solved_points


@style.styled
def draw(settings, tables):
    """Figure of u rho_k(u), whose area in log u is one less the mass at zero, a panel for every point.

    Parameters
    ----------
    settings : of the study: title and remarks
    tables : "order_parameters" where the study asks for them

    Returns
    -------
    matplotlib Figure
    """
    table = tables.get("order_parameters")
    points = [] if table is None else solved_points(table, ["density", "H"])
    points = [point for point in points if (point.rows["quantity"] == "density").any()]
    if not points:
        return style.message(settings, missing(tables))
    figure, panels = style.panels(settings, points)
    for axes, point in panels:
        axes.set(xscale="log", xlabel=known_axis("rate", table), ylabel="density u ρₖ(u) of log u", title=point.caption)
        handles = [_draw_density(axes, point.rows, mode, shade) for mode, shade in _shades(point.rows).items()]
        style.legend(axes, handles + style.left_out_keys(point.left_out), "best")
    return figure


def _shades(rows):
    return style.colours(indices(rows[rows["quantity"] == "density"]))


def _draw_density(axes, rows, mode, colour):
    """The density of one mode; returns its legend entry, with the mass at zero where the table has it."""
    density = line_of(rows, "density", mode, against="rate")
    axes.plot(density.x, density.x * density.mean, color=colour)
    limit = line_of(rows, "H", mode).limit
    mass = f", mass at 0: {number(float(limit.mean[0]))}" if len(limit.x) else ""
    return style.line_key(equation("index", mode) + mass, colour)
