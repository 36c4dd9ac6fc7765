"""Numbers of the language: decimals with six places, kept as whole millionths."""

import re

MILLION = 10**6
BOUND = 9_200_000_000_000 * MILLION
TOKEN = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?\Z", re.ASCII)


def clamp(millionths):
    return max(-BOUND, min(BOUND, millionths))


def divide(numerator, denominator):
    """The whole number nearest to the quotient, half to even."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        quotient += 1
    return quotient


def read(token):
    """Millionths of a number as it is written, or None where it lies outside the bounds."""
    sign, whole, fraction, exponent = TOKEN.match(token).groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return 0
    power = int(exponent or 0) - len(fraction) + 6
    if len(digits) + power > 24:
        return None
    if len(digits) + power < -3:
        return 0
    value = int(digits)
    scale = 10 ** abs(power)
    over = value * scale > BOUND if power >= 0 else value > BOUND * scale
    if over:
        return None
    millionths = value * scale if power >= 0 else divide(value, scale)
    return -millionths if sign else millionths


def text(millionths):
    """The shortest decimal form."""
    sign = "-" if millionths < 0 else ""
    whole, fraction = divmod(abs(millionths), MILLION)
    tail = f".{fraction:06d}".rstrip("0").rstrip(".")
    return f"{sign}{whole}{tail}"
