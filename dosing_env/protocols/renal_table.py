"""Fixed renal table, Scottish and Irish type (V-B): load by weight, maintenance by creatinine clearance.

    load       weight kg     < 40      40-59     60-90     > 90
               mg            750       1000      1500      2000
    maintenance
    CRCL mL/min   < 20   20-29  30-39  40-54  55-74  75-89  90-110  > 110
    dose mg       500    500    750    500    750    1000   1250    1500
    interval h    48     24     24     12     12     12     12      12

Rows to CRCL 54 VERIFIED in an Irish hospital guide; the other rows and the loads MEMORY of the SAPG table, which was
derived from Thomson 2009. The first maintenance dose comes one interval after the start of the load.

CRCL: Cockcroft-Gault with the total weight, with the ideal weight (Devine) in the obese. "Obese" is read as a body
mass index of 30 kg/m2 or more. Rows are read without rounding CRCL: 29.6 is still "20-29". Below 10, where the table
ends, its lowest row is used.

On our grid: every dose is a multiple of 250 mg already. q24h is every second decision, q48h every fourth, counted
from the last dose given. The table is read again with each day's creatinine. No level changes the dose.
"""

from dosing_env.formulas import body_mass_index, cockcroft_gault, ideal_weight
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import Regimen, give

OBESE = 30.0  # kg/m2  DERIVED  the usual meaning of "obese"; the table does not define it


def clearance(chart: Chart, SCR: float) -> float:
    """Creatinine clearance for the table, mL/min, at a creatinine of SCR mg/dL."""
    obese = body_mass_index(chart.WT, chart.HT) >= OBESE
    weight = ideal_weight(chart.HT, chart.SEX) if obese else chart.WT
    return cockcroft_gault(chart.AGE, weight, SCR, chart.SEX)


def load(WT: float) -> float:
    """Loading dose, mg, by weight, kg."""
    if WT < 40.0:
        return 750.0  # MEMORY
    if WT < 60.0:
        return 1000.0  # MEMORY
    if WT <= 90.0:
        return 1500.0  # MEMORY
    return 2000.0  # MEMORY


def maintenance(CRCL: float) -> Regimen:
    """The maintenance regimen by creatinine clearance, mL/min."""
    if CRCL < 20.0:
        return Regimen(500.0, 48.0)  # VERIFIED
    if CRCL < 30.0:
        return Regimen(500.0, 24.0)  # VERIFIED
    if CRCL < 40.0:
        return Regimen(750.0, 24.0)  # VERIFIED
    if CRCL < 55.0:
        return Regimen(500.0, 12.0)  # VERIFIED
    if CRCL < 75.0:
        return Regimen(750.0, 12.0)  # MEMORY
    if CRCL < 90.0:
        return Regimen(1000.0, 12.0)  # MEMORY
    if CRCL <= 110.0:
        return Regimen(1250.0, 12.0)  # MEMORY
    return Regimen(1500.0, 12.0)  # MEMORY


def starting_regimen(chart: Chart) -> Regimen:
    """The maintenance regimen by the first creatinine: what protocols that go on with levels start from."""
    return maintenance(clearance(chart, chart.creatinine[0]))


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    return give(chart, load(chart.WT), maintenance(clearance(chart, chart.SCR)))


PROTOCOL = Protocol(name="renal_table", title="Renal table, Scottish/Irish type", dose=dose)
