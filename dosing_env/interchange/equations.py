"""The equations of a model as checked trees, and the `Drug` made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dosing_env.interchange.expressions import (
    LINEAR,
    ZERO,
    Name,
    Number,
    Tree,
    names,
    order,
    python,
    repeated_calls,
)
from dosing_env.interchange.generated import module
from dosing_env.pharmacology import Assay, Drug, Patient

MOST = 100  # compartments, parameters, covariates or outputs
ETA = "eta_"  # what a random effect is called in an expression, before its own name
NONE = "none"  # the random effect, or the parameter, of a model without any: compiled records have at least one

_COCKCROFT_GAULT = "cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)"
BEDSIDE = {name: f"patient.{name}" for name in Patient._fields} | {"CRCL": _COCKCROFT_GAULT}

_HEAD = """\
from typing import NamedTuple

from dosing_env.arithmetic import exp, log, log10, maximum, minimum, power, sqrt
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient
"""


@dataclass(frozen=True)
class Compartment:
    """A state: its derivative without doses, and how doses enter."""

    name: str
    derivative: Tree
    initial: Tree
    bioavailability: Tree
    lag: Tree
    duration: Tree  # of a modelled infusion; 0: none is known
    infusion_rate: Tree  # of a modelled infusion; 0: none is known


# What stands for nothing special; where all compartments have that, the drug has no such function.
HOW_DOSES_ENTER = {"initial": 0.0, "bioavailability": 1.0, "lag": 0.0, "duration": 0.0, "infusion_rate": 0.0}


@dataclass(frozen=True)
class Equations:
    """A model. Covariates count as parameters of the same name in everything but the parameters themselves."""

    covariates: tuple[str, ...]
    etas: tuple[str, ...]
    parameters: tuple[tuple[str, Tree], ...]  # each of covariates, random effects and parameters above it
    compartments: tuple[Compartment, ...]
    outputs: tuple[tuple[str, Tree], ...]
    level: Tree | None = None  # what is measured, where it is not the first output

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the compartments."""
        return tuple(compartment.name for compartment in self.compartments)

    @property
    def driver(self) -> int:
        """How many of the first compartments are a linear system of their own."""
        return max(n for n in range(len(self.states) + 1) if self._is_linear_alone(n))

    def _is_linear_alone(self, n: int) -> bool:
        others = set(self.states[n:])
        derivatives = [compartment.derivative for compartment in self.compartments[:n]]
        return all(
            order(tree, self.states) in (ZERO, LINEAR) and others.isdisjoint(names(tree)) for tree in derivatives
        )

    @property
    def has_linear_amounts(self) -> bool:
        """Whether amounts are linear in amounts and inflow, from no amounts on."""
        empty = all(order(compartment.initial, ()) == ZERO for compartment in self.compartments)
        return empty and self.driver == len(self.states)

    @property
    def linear(self) -> bool:
        """Whether amounts and what is measured are."""
        return self.has_linear_amounts and order(self.output, self.states) in (ZERO, LINEAR)

    @property
    def output(self) -> Tree:
        """What is measured: by default the first output; without any, the amount in the first compartment."""
        return self.level or (self.outputs[0][1] if self.outputs else Name(self.states[0]))


def drug(
    equations: Equations,
    *,
    name: str,
    title: str,
    assay: Assay,
    omega: Mapping[str, float] | None = None,
    covariance: Mapping[tuple[str, str], float] | None = None,
    occasion: Mapping[str, float] | None = None,
    dosed: int = 0,
    time_unit: str = "h",
    amount_unit: str = "mg",
) -> Drug:
    """The drug of these equations. Equal equations share their functions, and so their machine code."""
    made = module(source(equations))
    enter: dict[str, Any] = {field: getattr(made, field, None) for field in HOW_DOSES_ENTER}
    return Drug(
        name=name,
        title=title,
        compartments=equations.states,
        covariates=getattr(made, "covariates", None) or _not_at_the_bedside(name, equations),
        individual=made.individual,
        rates=made.rates,
        output=made.output,
        linear=equations.linear,
        omega=dict(omega or dict.fromkeys(equations.etas or (NONE,), 0.0)),
        covariance=dict(covariance or {}),
        occasion=dict(occasion or {}),
        assay=assay,
        dosed=dosed,
        driver=0 if equations.linear else equations.driver,
        outputs={
            name: getattr(made, f"output_{i}") if i > 1 or equations.level else made.output
            for i, (name, _) in enumerate(equations.outputs, start=1)
        },
        time_unit=time_unit,
        amount_unit=amount_unit,
        by_name=True,
        **enter,
    )


def _not_at_the_bedside(name: str, equations: Equations) -> Callable[[Any], Any]:
    missing = [covariate for covariate in equations.covariates if covariate not in BEDSIDE]

    def covariates(patient: Patient) -> Any:
        raise ValueError(
            f"{name}: no patient of an environment has {', '.join(missing)}: covariates there are "
            f"{', '.join(BEDSIDE)}. `simulate` takes others as covariates"
        )

    return covariates


# --- trees to source ---


def source(equations: Equations) -> str:
    """A module with the functions of a drug, made of checked names and numbers alone."""
    blocks = [_HEAD, *_records(equations), *_of_the_patient(equations), _individual(equations), _rates(equations)]
    blocks += [_of_amounts("output", equations, equations.output)]
    blocks += [_of_amounts(f"output_{i}", equations, tree) for i, (_, tree) in enumerate(equations.outputs, start=1)]
    blocks += [_of_parameters(field, equations) for field in HOW_DOSES_ENTER if _uses(field, equations)]
    return "\n\n".join(blocks)


def _records(equations: Equations) -> list[str]:
    fields = {
        "Covariates": equations.covariates,
        "Eta": equations.etas or (NONE,),
        "Parameters": _fields(equations) or (NONE,),
    }
    return [_record(name, of) for name, of in fields.items()]


def _fields(equations: Equations) -> tuple[str, ...]:
    return (*(name for name, _ in equations.parameters), *_carried(equations))


def _carried(equations: Equations) -> list[str]:
    """The covariates that amounts, outputs or doses ask for directly."""
    own = {name for name, _ in equations.parameters}
    trees = [getattr(one, field) for one in equations.compartments for field in ("derivative", *HOW_DOSES_ENTER)]
    asked = {name for tree in (*trees, *(tree for _, tree in equations.outputs)) for name in names(tree)}
    return [name for name in equations.covariates if name in asked and name not in own]


def _record(name: str, fields: tuple[str, ...]) -> str:
    return f"class {name}(NamedTuple):\n" + ("".join(f"    {field}: float\n" for field in fields) or "    pass\n")


def _of_the_patient(equations: Equations) -> list[str]:
    """`covariates(patient)`, where every covariate is known at the bedside."""
    if not set(equations.covariates) <= set(BEDSIDE):
        return []
    values = ", ".join(f"{name}={BEDSIDE[name]}" for name in equations.covariates)
    return [f"def covariates(patient: Patient) -> Covariates:\n    return Covariates({values})\n"]


def _individual(equations: Equations) -> str:
    """Each parameter on a line of its own. Local names end in _, so that none is an argument's."""
    spelt: dict[Tree, str] = {Name(name): f"x.{name}" for name in equations.covariates}
    spelt |= {Name(f"{ETA}{name}"): f"eta.{name}" for name in equations.etas}
    lines, values = [], []
    for name, tree in equations.parameters:
        lines.append(f"    {name}_ = {python(tree, spelt)}\n")
        spelt[Name(name)] = f"{name}_"
        values.append(f"{name}={name}_")
    values += [f"{name}=x.{name}" for name in _carried(equations)]
    head = "def individual(x: Covariates, eta: Eta) -> Parameters:\n"
    return f"{head}{''.join(lines)}    return Parameters({', '.join(values) or f'{NONE}=0.0'})\n"


def _rates(equations: Equations) -> str:
    trees = [compartment.derivative for compartment in equations.compartments]
    lines, spelt = _opened(equations, trees)
    values = "".join(f"        {python(tree, spelt)} + R[{i}],\n" for i, tree in enumerate(trees))
    return f"def rates(t, A, p, R):\n{lines}    return (\n{values}    )\n"


def _of_amounts(function: str, equations: Equations, tree: Tree) -> str:
    lines, spelt = _opened(equations, [tree])
    return f"def {function}(A, p):\n{lines}    return {python(tree, spelt)}\n"


def _of_parameters(field: str, equations: Equations) -> str:
    spelt = _parameters(equations)
    values = "".join(f"        {python(getattr(one, field), spelt)},\n" for one in equations.compartments)
    return f"def {field}(p):\n    return (\n{values}    )\n"


def _uses(field: str, equations: Equations) -> bool:
    return any(getattr(one, field) != Number(HOW_DOSES_ENTER[field]) for one in equations.compartments)


def _parameters(equations: Equations) -> dict[Tree, str]:
    return {Name(name): f"p.{name}" for name in _fields(equations)}


def _opened(equations: Equations, trees: list[Tree]) -> tuple[str, dict[Tree, str]]:
    """Lines that give the amounts, and whatever is computed more than once, a name; and how everything is written."""
    spelt, lines = _parameters(equations), []
    used = {name for tree in trees for name in names(tree)}
    for i, name in enumerate(equations.states):
        spelt[Name(name)] = f"{name}_"
        lines += [f"    {name}_ = A[{i}]\n"] if name in used else []
    for i, tree in enumerate(repeated_calls(trees)):
        lines.append(f"    again{i} = {python(tree, spelt)}\n")
        spelt[tree] = f"again{i}"
    return "".join(lines), spelt
