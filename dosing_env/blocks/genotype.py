"""A parameter by genotype.

    copies       P = P0, P1, P2                            of none, one, two copies n of an allele
    carrier      0 without the allele, 1 with it           whatever the number of copies
    per allele   P = (2 - n) Pa + n Pb                     each of the two alleles adds its share
    CYP2C9       P = P11, P12, P13, P22, P23, P33          of *1/*1, *1/*2, *1/*3, *2/*2, *2/*3, *3/*3

n: 0, 1 or 2; n2 and n3: copies of CYP2C9*2 and *3, together at most 2, the others are *1. P in any unit.

Textbook forms.
"""


def by_copies(n: float, none: float, one: float, two: float) -> float:
    """The value of so many copies."""
    return none * (n < 0.5) + one * ((n > 0.5) & (n < 1.5)) + two * (n > 1.5)


def carrier(n: float) -> float:
    """1 with at least one copy, else 0."""
    return 1.0 * (n > 0.5)


def per_allele(n: float, Pa: float, Pb: float) -> float:
    """The sum over both alleles, (2 - n) Pa + n Pb."""
    return (2 - n) * Pa + n * Pb


def by_cyp2c9(n2: float, n3: float, P11: float, P12: float, P13: float, P22: float, P23: float, P33: float) -> float:
    """The value of the pair of CYP2C9 alleles."""
    return by_copies(n3, by_copies(n2, P11, P12, P22), by_copies(n2, P13, P23, P23), P33)


def per_cyp2c9_allele(n2: float, n3: float, P1: float, P2: float, P3: float) -> float:
    """The sum over both CYP2C9 alleles, (2 - n2 - n3) P1 + n2 P2 + n3 P3."""
    return (2 - n2 - n3) * P1 + n2 * P2 + n3 * P3
