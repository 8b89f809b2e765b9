"""Spectral filters phi and 1 - phi in 40-digit decimals, straight from the recursion or the differential equation.

Both are powers of one matrix that acts on (x_n, x_{n-1}) or (x, x'), theory/dynamical_model.md 1: repeated squaring
takes as many steps as are wanted.
"""

from decimal import Decimal, getcontext

getcontext().prec = 40
TERMS = 30  # of the exponential of a matrix below 2^-20: what is left out is below 1e-200


def heavy_ball(learning_rate, momentum, rate, steps):
    """(phi, 1 - phi) after whole steps of x_{n+1} = (1 + momentum - learning_rate u) x_n - momentum x_{n-1} from 1, 1.

    momentum 0 is gradient descent. All arguments are floats and taken as they are, to the last bit.
    """
    quotient, kept = Decimal(learning_rate) * Decimal(rate), Decimal(momentum)
    after = _power([[1 + kept - quotient, -kept], [Decimal(1), Decimal(0)]], int(steps))
    phi = after[0][0] + after[0][1]
    return phi, 1 - phi


def momentum_flow(inertia, rate, time):
    """(phi, 1 - phi) of inertia x'' + x' = -u x from x = 1, x' = 0."""
    inertia, rate, time = map(Decimal, (inertia, rate, time))
    generator = [[Decimal(0), time], [-rate / inertia * time, -time / inertia]]
    halvings = 0
    while max(abs(entry) for row in generator for entry in row) > Decimal(2) ** (-20 + halvings):
        halvings += 1
    small = [[entry / Decimal(2) ** halvings for entry in row] for row in generator]
    total = term = _ONE
    for order in range(1, TERMS):
        term = [[entry / order for entry in row] for row in _product(term, small)]
        total = [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(total, term, strict=True)]
    phi = _power(total, 2**halvings)[0][0]
    return phi, 1 - phi


_ONE = [[Decimal(1), Decimal(0)], [Decimal(0), Decimal(1)]]


def _power(matrix, exponent):
    found = _ONE
    while exponent:
        if exponent & 1:
            found = _product(found, matrix)
        matrix, exponent = _product(matrix, matrix), exponent >> 1
    return found


def _product(left, right):
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left]
