#!/usr/bin/env python3
"""Prints decimal_cases.txt: sums and differences as Python's decimal module has them, exact or refused."""
import decimal
import random

random.seed(20)
CONTEXT = decimal.Context(prec=400, Emax=9999, Emin=-9999)


def number():
    digits = "".join(random.choice("0123456789") for _ in range(random.choice([1, 2, 5, 12, 20, 38])))
    exponent = random.choice([0, 0, 0, -3, 2, -20, 15, 87, -92, random.randint(-92, 87)])
    return decimal.Decimal(f"{random.choice(['', '-'])}{digits}E{exponent}")


def judged(value):
    """DynamoDB's text of the value, or why it does not take it."""
    if value == 0:
        return "0"
    value = value.normalize(CONTEXT)
    if value.adjusted() > 125:
        return "overflow"
    if value.adjusted() < -130:
        return "underflow"
    if len(value.as_tuple().digits) > 38:
        return "digits"
    return format(value, "f")


for _ in range(900):
    a, b = number(), number()
    if random.random() < 0.2:
        b = a.copy_negate()
    order = (a > b) - (a < b)
    print(a, b, judged(a), judged(CONTEXT.add(a, b)), judged(CONTEXT.subtract(a, b)), order)
