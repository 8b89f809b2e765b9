"""Laws that are fitted to curves: the power law in centred logs, and how far a curve drifts from one."""

from typing import NamedTuple

import numpy as np

OBJECTIVE = "least squares on log y"
EXPONENT_LIMIT = 20.0
_TOLERANCE = 1e-13


class PowerLaw(NamedTuple):
    """Fit of y = prefactor x^exponent.

    Attributes
    ----------
    exponent, prefactor : values; the prefactor is y at x = 1
    exponent_stderr, prefactor_stderr : lmfit's standard errors, from the scatter of independent residuals
    residuals : (n,) log y - log of the law
    objective : sum of squared residuals
    gradient_norm : |J^T residuals|, zero at the minimum
    condition : condition number of the Jacobian J of shape (n, 2) in centred logs
    at_bound : whether the exponent sits on +-EXPONENT_LIMIT
    """

    exponent: float
    prefactor: float
    exponent_stderr: float
    prefactor_stderr: float
    residuals: np.ndarray
    objective: float
    gradient_norm: float
    condition: float
    at_bound: bool


def fit_power_law(x, y):
    """Least squares of log y = log_amplitude + exponent (log x - pivot), pivot = mean of log x.

    Centred, the two parameters are independent; the problem is linear and convex, so one start finds the minimum.

    Parameters
    ----------
    x, y : (n,) positive, n >= 3, x not all equal

    Returns
    -------
    PowerLaw
    """
    u, v = np.log(x), np.log(y)
    pivot = u.mean()
    jacobian = np.column_stack([np.ones_like(u), u - pivot])
    result = _minimise(jacobian, v, start=(v[-1] - v[0]) / (u[-1] - u[0]))
    amplitude, exponent = result.params["log_amplitude"], result.params["exponent"]
    residuals = v - jacobian @ [amplitude.value, exponent.value]
    prefactor = float(np.exp(amplitude.value - exponent.value * pivot))
    errors = [np.nan if p.stderr is None else p.stderr for p in (amplitude, exponent)]
    return PowerLaw(
        exponent=float(exponent.value),
        prefactor=prefactor,
        exponent_stderr=float(errors[1]),
        prefactor_stderr=float(prefactor * np.hypot(errors[0], pivot * errors[1])),
        residuals=residuals,
        objective=float(residuals @ residuals),
        gradient_norm=float(np.linalg.norm(jacobian.T @ residuals)),
        condition=float(np.linalg.cond(jacobian)),
        at_bound=bool(abs(exponent.value) > EXPONENT_LIMIT * (1 - 1e-6)),
    )


def drift(x, y):
    """By how much the local exponent changes from the first x to the last, with its sign; zero for a power law.

    The local exponent is that of the least-squares parabola log y = a + b u + c u^2 in u = log x - mean(log x), which
    changes by 2 c log(x_last/x_first).

    Parameters
    ----------
    x, y : (n,) positive, n >= 3, x ascending
    """
    u = np.log(x)
    curvature = np.polyfit(u - u.mean(), np.log(y), 2)[0]
    return float(2 * curvature * (u[-1] - u[0]))


def _minimise(jacobian, v, start):
    import lmfit  # half a second, which figures that only read fits need not spend

    parameters = lmfit.Parameters()
    parameters.add("log_amplitude", value=v.mean())
    # lmfit cannot leave a bound that it starts on
    inside = np.clip(start, -0.9 * EXPONENT_LIMIT, 0.9 * EXPONENT_LIMIT)
    parameters.add("exponent", value=inside, min=-EXPONENT_LIMIT, max=EXPONENT_LIMIT)

    def residual(p):
        return jacobian @ [p["log_amplitude"].value, p["exponent"].value] - v

    def gradient(_):
        return jacobian.copy()  # lmfit scales what it gets in place

    minimiser = lmfit.Minimizer(residual, parameters)
    return minimiser.leastsq(Dfun=gradient, col_deriv=0, ftol=_TOLERANCE, xtol=_TOLERANCE, gtol=_TOLERANCE)
