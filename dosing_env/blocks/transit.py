"""Transit compartments: a delay made of stages with one rate constant.

    dT1/dt = I - ktr T1                mg/h
    dTi/dt = ktr (Ti-1 - Ti)           mg/h
    out    = ktr Tn                    mg/h

T: amounts, mg; I: what enters, mg/h; ktr: 1/h. The mean time in n stages is n/ktr; what one paper calls MTT is n/ktr,
what another does is (n + 1)/ktr. For a signal instead of an amount (warfarin's coagulation factors, cells) the inflow
is ktr times the signal. A longer chain is several of these, the outflow of one entering the next; one stage alone is
`first_order` of absorption.py.

Textbook form. Savic and others (J Pharmacokinet Pharmacodyn 2007;34:711-726) replace the chain by the gamma density of
the time since the dose, so that n need not be an integer; that needs the history of doses inside `rates` and is not
here.
"""

Three = tuple[float, float, float]
Five = tuple[float, float, float, float, float]


def transit3(T: Three, inflow: float, ktr: float) -> tuple[Three, float]:
    """Three stages: dT/dt of each, and what the last gives on, ktr T3."""
    T1, T2, T3 = T
    return (inflow - ktr * T1, ktr * (T1 - T2), ktr * (T2 - T3)), ktr * T3


def transit5(T: Five, inflow: float, ktr: float) -> tuple[Five, float]:
    """Five stages: dT/dt of each, and what the last gives on, ktr T5."""
    T1, T2, T3, T4, T5 = T
    return (inflow - ktr * T1, ktr * (T1 - T2), ktr * (T2 - T3), ktr * (T3 - T4), ktr * (T4 - T5)), ktr * T5
