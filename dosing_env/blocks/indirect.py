"""Turnover, and the four indirect responses: the drug acts on the production or the loss of what is measured.

    turnover    dR/dt = kin - kout R               R0 = kin/kout
    I           dR/dt = kin (1 - I) - kout R       inhibits the production      I = Imax C/(IC50 + C)
    II          dR/dt = kin - kout (1 - I) R       inhibits the loss
    III         dR/dt = kin (1 + S) - kout R       stimulates the production    S = Smax C/(SC50 + C)
    IV          dR/dt = kin - kout (1 + S) R       stimulates the loss

R: response, in its own unit; kin: that unit per h; kout: 1/h. I or S is any drug effect of effect.py. Without drug the
response stays at R0: the drug's `initial` starts it there.

Source: Dayneka, Garg and Jusko, J Pharmacokinet Biopharm 1993;21:457-478, doi:10.1007/BF01061691.
"""


def turnover(R: float, kin: float, kout: float) -> float:
    """dR/dt of production and loss, kin - kout R."""
    return kin - kout * R


def baseline(kin: float, kout: float) -> float:
    """The response without drug, kin/kout."""
    return kin / kout


def indirect_response1(R: float, kin: float, kout: float, inhibited: float) -> float:
    """Response I, dR/dt = kin (1 - I) - kout R."""
    return turnover(R, kin * (1 - inhibited), kout)


def indirect_response2(R: float, kin: float, kout: float, inhibited: float) -> float:
    """Response II, dR/dt = kin - kout (1 - I) R."""
    return turnover(R, kin, kout * (1 - inhibited))


def indirect_response3(R: float, kin: float, kout: float, stimulated: float) -> float:
    """Response III, dR/dt = kin (1 + S) - kout R."""
    return turnover(R, kin * (1 + stimulated), kout)


def indirect_response4(R: float, kin: float, kout: float, stimulated: float) -> float:
    """Response IV, dR/dt = kin - kout (1 + S) R."""
    return turnover(R, kin, kout * (1 + stimulated))
