"""Every model of the reference, as text: the same derivatives as its text, classified right, and safe to load."""

from __future__ import annotations

import csv
import io
import keyword
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env.interchange import equations
from dosing_env.interchange.text_models import drugs_of_tables, read_models
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.source.modules import SOURCE
from tests.interchange.trees import ON_NUMBERS
from tests.models import dialysis, pk1, pk2, pk2cov, pk3
from tests.simulation.reference_data import CASES

FOLDER = Path(__file__).resolve().parents[1] / "reference"
MAN = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.0, DIAL=0.0, HAEM=0.0)


def table(name: str) -> list[dict[str, str]]:
    with open(FOLDER / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STATES, OUTPUTS = table("models"), table("outputs")
TIMEVARYING = {row["name"] for row in table("covariates")}
DRUGS = read_models(FOLDER / "models.csv", FOLDER / "outputs.csv", TIMEVARYING)
every_model = pytest.mark.parametrize("drug", DRUGS.values(), ids=DRUGS)

LINEAR = {"PK1", "PK1D", "PK2", "PK3", "TRANSIT5", "PK2COV", "EFFECT", "EHR", "DIALYSIS"}
DRIVERS = {"FRIBERG": 2, "IDR": 2, "KPDWARF": 1, "BACT": 1, "MM2": 1, "TMDD": 1, "AUTOIND": 1}


def inputs(drug: Drug, seed: int) -> Any:
    """Parameters and covariates at random."""
    x = drug.Covariates(*np.random.default_rng(seed).uniform(0.2, 3.0, len(drug.Covariates._fields)))
    return drug.individual(x, drug.no_eta), x._asdict()


def amounts(drug: Drug, seed: int) -> Any:
    A, R = np.random.default_rng(seed).uniform(0.1, 3.0, (2, len(drug.compartments)))
    return tuple(A), tuple(R)


def by_python(text: str, names: dict[str, Any]) -> Any:
    """A text of the reference, read by Python's own parser."""
    return eval(text, {"__builtins__": {}, **ON_NUMBERS, **names})  # noqa: S307


# --- the same equations ---


def test_every_model_is_there() -> None:
    assert set(DRUGS) == {row["model"] for row in STATES} == LINEAR | set(DRIVERS)


@every_model
def test_rates_and_outputs_are_those_of_the_text(drug: Drug) -> None:
    for seed in range(20):
        p, names = inputs(drug, seed)
        A, R = amounts(drug, seed)
        names |= dict(zip(drug.compartments, A, strict=True))
        texts = [row for row in STATES if row["model"] == drug.name]
        expected = [by_python(row["derivative"], names) + r for row, r in zip(texts, R, strict=True)]
        assert drug.rates(0.0, A, p, R) == pytest.approx(expected, rel=1e-12)
        seen = {row["output"]: by_python(row["expression"], names) for row in OUTPUTS if row["model"] == drug.name}
        assert {name: output(A, p) for name, output in drug.outputs.items()} == pytest.approx(seen, rel=1e-12)
        assert drug.output(A, p) == pytest.approx(next(iter(seen.values())), rel=1e-12)


@every_model
def test_how_doses_enter_is_that_of_the_table(drug: Drug) -> None:
    p, names = inputs(drug, 3)
    texts = [row for row in STATES if row["model"] == drug.name]
    for field, plain in {"initial": 0.0, "bioavailability": 1.0, "lag": 0.0, "duration": 0.0}.items():
        expected = [by_python(row[field], names) if row[field] else plain for row in texts]
        function = getattr(drug, field)
        assert expected == [plain] * len(texts) if function is None else list(function(p)) == expected


def test_rows_may_stand_in_any_order() -> None:
    shuffled = drugs_of_tables(STATES[::-1], OUTPUTS)
    assert {name: drug.compartments for name, drug in shuffled.items()} == {n: d.compartments for n, d in DRUGS.items()}


def test_without_outputs_the_first_amount_is_seen() -> None:
    drug = drugs_of_tables(STATES, [])["PK2"]
    assert drug.outputs == {}
    assert drug.output((7.0, 8.0, 9.0), inputs(drug, 1)[0]) == 7.0


@pytest.mark.parametrize("module", [pk1, pk2, pk2cov, pk3, dialysis], ids=lambda module: module.DRUG.name)
def test_text_and_drug_file_agree(module: Any) -> None:
    """The same case simulated by the model as text and by the drug file that was written by hand."""
    from dosing_env import simulate

    drug, times = DRUGS[module.DRUG.name.upper()], [1.0, 7.5, 30.0, 55.0]
    case = next(case for case in CASES.values() if case.model == drug.name)
    written = {"TIME", *module.DRUG.Covariates._fields}
    steps = [{name: value for name, value in step.items() if name in written} for step in case.covariates]
    expected = simulate(module.DRUG, case.events, covariates=steps, times=times)
    got = simulate(drug, case.events, covariates=case.covariates, times=times)
    columns = [f"A_{name}" for name in drug.compartments] + ["level", "auc"]
    assert got[columns].to_numpy() == pytest.approx(expected[columns].to_numpy(), rel=1e-9, abs=1e-12)


# --- variability ---


def test_each_parameter_has_a_log_normal_effect_and_a_covariate_has_none() -> None:
    drug = DRUGS["PK2COV"]
    assert set(drug.Covariates._fields) - set(drug.Eta._fields) == {"WT", "CRCL"}
    assert set(drug.omega.values()) == {0.0}
    x = drug.Covariates(*[2.0] * len(drug.Covariates._fields))
    moved = drug.individual(x, drug.no_eta._replace(V=0.3))
    assert float(moved.V) == pytest.approx(2.0 * np.exp(0.3))
    assert moved._replace(V=2.0) == drug.individual(x, drug.no_eta) == x


# --- what is linear ---


def test_what_is_linear_and_what_drives() -> None:
    assert {name for name, drug in DRUGS.items() if drug.linear} == LINEAR
    assert {name: drug.driver for name, drug in DRUGS.items() if not drug.linear} == DRIVERS


def is_linear_up_to(drug: Drug, n: int) -> bool:
    """Whether the first n derivatives superpose, vanish without amounts and ignore the other compartments."""
    p, _ = inputs(drug, 5)
    (A, R), (B, S) = amounts(drug, 6), amounts(drug, 7)
    both = (
        tuple(2 * a + 3 * b for a, b in zip(A, B, strict=True)),
        tuple(2 * r + 3 * s for r, s in zip(R, S, strict=True)),
    )
    summed = 2 * np.array(drug.rates(0.0, A, p, R)) + 3 * np.array(drug.rates(0.0, B, p, S))
    mixed = (*A[:n], *B[n:])
    return np.allclose(drug.rates(0.0, both[0], p, both[1])[:n], summed[:n], rtol=1e-9) and np.array_equal(
        drug.rates(0.0, mixed, p, R)[:n], drug.rates(0.0, A, p, R)[:n]
    )


@every_model
def test_what_is_said_to_be_linear_superposes(drug: Drug) -> None:
    n = len(drug.compartments) if drug.linear else drug.driver
    assert is_linear_up_to(drug, n)
    assert n == len(drug.compartments) or not is_linear_up_to(drug, n + 1)
    if drug.linear:
        p, _ = inputs(drug, 8)
        (A, _), (B, _) = amounts(drug, 9), amounts(drug, 10)
        total = tuple(a + b for a, b in zip(A, B, strict=True))
        assert drug.output(total, p) == pytest.approx(drug.output(A, p) + drug.output(B, p), rel=1e-12)
        assert drug.initial is None


ONE = {"cmt": "1", "initial": "0", "bioavailability": "", "lag": "", "duration": ""}


@pytest.mark.parametrize(
    ("derivative", "initial", "output", "linear", "driver"),
    [
        ("-k*a", "0", "a/v", True, 0),
        ("-k*a", "0*k", "a", True, 0),
        ("-k*a", "k", "a", False, 1),
        ("-k*a", "0", "a+k", True, 0),
        ("-k*a", "0", "a*a", True, 0),
        ("-k*a", "k", "a*a", False, 1),
        ("k-k*a", "0", "a", False, 0),
        ("-k*a*a", "0", "a", False, 0),
        ("0", "0", "a", True, 0),
    ],
)
def test_what_makes_a_model_linear(derivative: str, initial: str, output: str, linear: bool, driver: int) -> None:
    state = ONE | {"model": "m", "name": "a", "derivative": derivative, "initial": initial}
    drug = drugs_of_tables([state], [{"model": "m", "output": "y", "expression": output}])["m"]
    assert (drug.linear, drug.driver) == (linear, driver)


@pytest.mark.parametrize(("output", "level"), [("a/2.0", 4.0), ("log(a)", 8.0), ("a+1.0", 8.0)])
def test_where_amounts_are_linear_so_is_what_is_measured(output: str, level: float) -> None:
    state = ONE | {"model": "m", "name": "a", "derivative": "-k*a"}
    drug = drugs_of_tables([state], [{"model": "m", "output": "y", "expression": output}])["m"]
    assert drug.output((8.0,), None) == level


def test_an_output_called_level_is_what_is_measured() -> None:
    state = ONE | {"model": "m", "name": "a", "derivative": "-k*a"}
    drug = drugs_of_tables([state], [{"model": "m", "output": "level", "expression": "log(a)"}])["m"]
    assert (drug.linear, drug.output((1.0,), None)) == (False, 0.0)


# --- compiled ---

individual: Any = HOLE
rates: Any = HOLE
output: Any = HOLE


def _whole(x, eta, A, R):  # type: ignore[no-untyped-def]
    p = individual(x, eta)
    return p, rates(0.0, A, p, R), output(A, p)


@every_model
def test_compiled_equals_interpreted(drug: Drug) -> None:
    compiled = specialise(_whole, individual=drug.individual, rates=drug.rates, output=list(drug.outputs.values())[-1])
    p, names = inputs(drug, 11)
    A, R = amounts(drug, 12)
    x = drug.Covariates(*(float(names[name]) for name in drug.Covariates._fields))
    expected = p, drug.rates(0.0, A, p, R), list(drug.outputs.values())[-1](A, p)
    got = compiled(x, drug.no_eta, tuple(map(float, A)), tuple(map(float, R)))
    for one, wanted in zip(got, expected, strict=True):
        assert one == pytest.approx(wanted, rel=1e-12)


@every_model
def test_arrays_equal_floats(drug: Drug) -> None:
    x = drug.Covariates(*np.random.default_rng(4).uniform(0.2, 3.0, (len(drug.Covariates._fields), 5)))
    A, R = amounts(drug, 13)
    many = drug.rates(0.0, A, drug.individual(x, drug.no_eta), R)
    for i in range(5):
        alone = drug.individual(drug.Covariates(*(values[i] for values in x)), drug.no_eta)
        assert [np.broadcast_to(rate, 5)[i] for rate in many] == pytest.approx(drug.rates(0.0, A, alone, R), rel=1e-12)


def test_the_same_model_twice_is_the_same_code() -> None:
    again = read_models(FOLDER / "models.csv", FOLDER / "outputs.csv", TIMEVARYING)
    assert all(again[name].rates is drug.rates for name, drug in DRUGS.items())
    renamed = drugs_of_tables([row | {"model": "other"} for row in STATES if row["model"] == "MM2"], [])["other"]
    assert renamed.name == "other"
    assert renamed.rates is drugs_of_tables([row for row in STATES if row["model"] == "MM2"], [])["MM2"].rates


# --- what is wrong ---

GOOD = [
    ONE | {"model": "m", "name": "GUT", "derivative": "-KA*GUT", "bioavailability": "F1"},
    ONE | {"model": "m", "cmt": "2", "name": "CENT", "derivative": "KA*GUT-CL/V*CENT", "lag": "LAG"},
]
SEEN = [{"model": "m", "output": "CP", "expression": "CENT/V"}]

MISTAKES = {
    "no parenthesis": (
        0,
        "derivative",
        "-KA*(GUT",
        "models: row 1, derivative: '-KA*(GUT', character 9: ')' is missing",
    ),
    "empty derivative": (1, "derivative", " ", "models: row 2, derivative: '', character 1"),
    "unknown function": (
        1,
        "derivative",
        "sin(KA)",
        "models: row 2, derivative: 'sin(KA)', character 1: unknown function",
    ),
    "a state of the doses": (
        0,
        "bioavailability",
        "CENT",
        "row 1, bioavailability: 'CENT', character 1: 'CENT': a compart",
    ),
    "a state at the start": (
        0,
        "initial",
        "1+GUT",
        "row 1, initial: '1+GUT', character 3: 'GUT': a compartment cannot",
    ),
    "no number": (0, "cmt", "x", "models: row 1, cmt: 'x': the compartments of a model count from 1, each once"),
    "a gap": (1, "cmt", "3", "models: row 2, cmt: '3': the compartments"),
    "a number twice": (1, "cmt", "1", "models: row 2, cmt: '1': the compartments"),
    "a name twice": (1, "name", "GUT", "models: row 2, name: 'GUT' stands there twice"),
    "no name": (0, "name", "", "models: row 1, name: '': a name is made of the letters"),
    "a model without name": (0, "model", "", "models: row 1, model: '' is no name of a model"),
    "a model over two lines": (0, "model", "a\nb", r"models: row 1, model: 'a\nb' is no name of a model"),
    "a random effect": (1, "derivative", "-eta_KA*CENT", "models: m: 'eta_KA': names that begin with eta_ are random"),
    "too many parameters": (1, "derivative", "+".join(f"k{i}" for i in range(100)), "models: m: more than 100 param"),
    "a missing cell": (0, "lag", None, "models: row 1, lag: the cell is missing"),
}


@pytest.mark.parametrize(("row", "column", "value", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_in_one_line(row: int, column: str, value: Any, answer: str) -> None:
    states = [dict(state) for state in GOOD]
    states[row][column] = value
    with pytest.raises(ValueError, match=r"^models: ") as error:
        drugs_of_tables(states, SEEN)
    assert answer in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_an_output_of_an_unknown_model() -> None:
    with pytest.raises(ValueError, match=r"^outputs: row 1, model: unknown model 'n'. Known: m\."):
        drugs_of_tables(GOOD, [SEEN[0] | {"model": "n"}])
    with pytest.raises(ValueError, match=r"^outputs: row 2, output: 'CP' stands there twice"):
        drugs_of_tables(GOOD, SEEN * 2)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(b"model,cmt\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match=r"bad\.csv: "):
        read_models(tmp_path / "bad.csv", FOLDER / "outputs.csv")
    with pytest.raises(ValueError, match=r"none\.csv: no such file"):
        read_models(tmp_path / "none.csv", FOLDER / "outputs.csv")


def test_no_patient_has_the_parameters_of_a_table() -> None:
    with pytest.raises(ValueError, match=r"^PK1: no patient of an environment has KA, F1, .*`simulate` takes others"):
        DRUGS["PK1"].covariates(MAN)


# --- nothing of the user's is run ---

HOSTILE = [
    "__import__('os').system('touch x')",
    "__class__",
    "CL.__class__",
    "a;b",
    "a\nimport os",
    "a\\",
    "a#b",
    "CL if 1 else 0",
    "CL:=1",
    "lambda: 0",
    "[CL]",
    "f'{CL}'",
    "ＣＬ",
    "a\u2028b",
    "None",
    "a\x00b",
    "p.CL",
    "A[0]",
]
_heard: list[str] = []
_listening = False


def _listen(event: str, arguments: Any) -> None:
    if _listening and event == "compile":
        text = arguments[0]
        _heard.append(text.decode() if isinstance(text, bytes) else str(text))


sys.addaudithook(_listen)


@pytest.fixture
def compiled_texts() -> Iterator[list[str]]:
    """Every text that Python compiles during a test."""
    global _listening
    _heard.clear()
    _listening = True
    yield _heard
    _listening = False


@pytest.mark.parametrize("column", ["name", "derivative", "initial", "lag", "output", "expression"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_refused_before_anything_is_compiled(
    column: str, hostile: str, compiled_texts: list[str]
) -> None:
    states, seen = [dict(GOOD[0]), GOOD[1]], [dict(SEEN[0])]
    (states if column in states[0] else seen)[0][column] = hostile
    with pytest.raises(ValueError, match="row 1") as error:
        drugs_of_tables(states, seen)
    assert len(str(error.value).splitlines()) == 1
    assert compiled_texts == []


def test_a_word_of_python_is_a_name_like_any_other(compiled_texts: list[str]) -> None:
    states = [GOOD[0] | {"name": "exec", "derivative": "-eval*exec"}, GOOD[1] | {"derivative": "0"}]
    drug = drugs_of_tables(states, [])["m"]
    assert drug.rates(0.0, (2.0, 0.0), drug.Parameters(eval=3.0, F1=1.0, LAG=0.0), (0.0, 0.0)) == (-6.0, 0.0)
    words = {word for text in compiled_texts for word in vocabulary(text)}
    of_named_tuples = {"_cls", "_tuple_new"}
    assert {"exec_", "eval"} <= words <= OURS | {"exec_", "eval", "eval_"} | of_named_tuples


def vocabulary(text: str) -> list[str]:
    return [
        token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME
    ]


def _ours() -> set[str]:
    """The words of the module of a model whose every name is x1, x2 ..."""
    words = {word for word in vocabulary(equations._HEAD) if not keyword.iskeyword(word)}
    words |= {*keyword.kwlist, "Covariates", "Eta", "Parameters", "float", "covariates", "patient", *Patient._fields}
    words |= {"individual", "x", "eta", "rates", "t", "A", "p", "R", "output", *equations.HOW_DOSES_ENTER}
    given = {word for row in (*GOOD, *SEEN) for text in row.values() for word in vocabulary(text)}
    return words | given | {f"{word}_" for word in given} | {"output_1", "none"}


OURS = _ours()


@every_model
def test_the_source_is_made_of_checked_names_and_numbers(drug: Drug) -> None:
    text = drug.rates.__globals__[SOURCE]
    own = {*drug.compartments, *drug.Covariates._fields}
    left = set(vocabulary(text)) - OURS - own - {f"{name}_" for name in own}
    assert {word.rstrip("0123456789") for word in left} <= {"again", "output_"}
    assert "#" not in text
    assert text.isascii()


EVERYTHING = (
    "exp(-k)+expit(k)+log(a)-log10(a)*logit(k/9)+max(a,k)/min(a,k)+pow(a,k)+pow(a,0.75)+pow(a,-2)+pow(a-9,3)-sqrt(a)-+k"
)


def test_every_function_compiles_to_what_it_means() -> None:
    state = ONE | {"model": "m", "name": "a", "derivative": EVERYTHING}
    drug = drugs_of_tables([state], [])["m"]
    p = drug.Parameters(k=1.7)
    compiled = specialise(_rate, rates=drug.rates)
    expected = by_python(EVERYTHING, {"a": np.float64(2.5), "k": np.float64(1.7)})
    assert compiled((2.5,), p, (0.0,)) == pytest.approx(expected, rel=1e-12)
    assert drug.rates(0.0, (2.5,), p, (0.0,)) == pytest.approx((expected,), rel=1e-12)


def _rate(A, p, R):  # type: ignore[no-untyped-def]
    return rates(0.0, A, p, R)[0]
