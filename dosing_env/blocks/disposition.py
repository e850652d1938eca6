"""Distribution and linear elimination: one, two and three compartments.

    dA1/dt = I1 - (CL + Q2 + Q3)/V1 A1 + Q2/V2 A2 + Q3/V3 A3     mg/h
    dA2/dt = I2 + Q2/V1 A1 - Q2/V2 A2                            mg/h
    dA3/dt = I3 + Q3/V1 A1 - Q3/V3 A3                            mg/h

A: amounts, mg. I: everything else that enters a compartment less everything else that leaves it (infusion, absorption,
saturable elimination), mg/h. CL, Q: clearances, L/h; V: volumes, L. In micro-constants k10 = CL/V1, k12 = Q2/V1,
k21 = Q2/V2, k13 = Q3/V1, k31 = Q3/V3, 1/h. Any time unit will do if it is the same everywhere.

Textbook forms (Gabrielsson and Weiner; Rowland and Tozer).
"""

Two = tuple[float, float]
Three = tuple[float, float, float]


def one_compartment(A: float, inflow: float, CL: float, V: float) -> float:
    """dA/dt of one compartment, I - CL/V A."""
    return inflow - CL / V * A


def two_compartments(A: Two, inflow: Two, CL: float, V1: float, Q: float, V2: float) -> Two:
    """dA/dt of a central and a peripheral compartment, by clearances and volumes."""
    A1, A2 = A
    I1, I2 = inflow
    return (
        I1 - (CL + Q) / V1 * A1 + Q / V2 * A2,
        I2 + Q / V1 * A1 - Q / V2 * A2,
    )


def three_compartments(
    A: Three, inflow: Three, CL: float, V1: float, Q2: float, V2: float, Q3: float, V3: float
) -> Three:
    """dA/dt of a central and two peripheral compartments, by clearances and volumes."""
    A1, A2, A3 = A
    I1, I2, I3 = inflow
    return (
        I1 - (CL + Q2 + Q3) / V1 * A1 + Q2 / V2 * A2 + Q3 / V3 * A3,
        I2 + Q2 / V1 * A1 - Q2 / V2 * A2,
        I3 + Q3 / V1 * A1 - Q3 / V3 * A3,
    )


def one_compartment_micro(A: float, inflow: float, k10: float) -> float:
    """dA/dt of one compartment, I - k10 A."""
    return inflow - k10 * A


def two_compartments_micro(A: Two, inflow: Two, k10: float, k12: float, k21: float) -> Two:
    """dA/dt of a central and a peripheral compartment, by micro-constants."""
    A1, A2 = A
    I1, I2 = inflow
    return (
        I1 - (k10 + k12) * A1 + k21 * A2,
        I2 + k12 * A1 - k21 * A2,
    )


def three_compartments_micro(
    A: Three, inflow: Three, k10: float, k12: float, k21: float, k13: float, k31: float
) -> Three:
    """dA/dt of a central and two peripheral compartments, by micro-constants."""
    A1, A2, A3 = A
    I1, I2, I3 = inflow
    return (
        I1 - (k10 + k12 + k13) * A1 + k21 * A2 + k31 * A3,
        I2 + k12 * A1 - k21 * A2,
        I3 + k13 * A1 - k31 * A3,
    )
