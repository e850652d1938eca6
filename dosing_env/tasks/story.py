"""What is done between the parts of a task, as the text of a Python module: a few calls a line, in a fixed order.

The text names parts, bedside values and outputs, and holds no number of the scenario; so that a number can be changed
without compiling anew. `dosing-env show SCENARIO --story` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dosing_env.tasks.parts import Named, arguments, code
from dosing_env.tasks.records import Laid
from dosing_env.tasks.vocabulary import FOLLOWING

SHOWN = ("known", "happens", "given", "measured")  # the order of a chart

MADE = (  # holes of `follow` that the text fills
    "clock_of", "parameters", "visible", "admitted", "started", "asks", "prescribed", "wanted_before", "entering",
    "seen", "passed", "ended", "closed", "opened", "observed", "paid_for", "sought_for", "nearness", "recalled",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A task as its text needs it.

    Attributes:
        title: of the module.
        parts: of the task, in the order of roles and of the file.
        laid: path of a part -> what it has in compiled code.
        bedside: bedside values of the patients; `wanted`: those that the drug reads.
        by_name: the drug's covariates, where they are bedside values of their names or follow from such; else None.
        outputs: of the drug, by name.
        lists: names of the lists of the clock, and whether they are of whole numbers.
        columns: path of a part -> how many columns it has in the chart.
        counted: the chart counts days from 1, instead of time.
        driven: the drug goes through whole days.
        imagined: of a patient behind a chart: bedside values are those that were charted, and what was measured is
            held against what is true of him.
    """

    title: str
    parts: Sequence[Named]
    laid: Mapping[str, Laid]
    bedside: tuple[str, ...]
    wanted: tuple[str, ...]
    by_name: tuple[str, ...] | None
    outputs: tuple[str, ...]
    lists: Mapping[str, bool]
    columns: Mapping[str, int]
    counted: bool
    driven: bool
    imagined: bool = False

    def text(self) -> str:
        """The module."""
        return "\n".join((*self._head(), "", "", "\n\n\n".join(self._functions()), ""))

    def of(self, hook: str, *roles: str) -> list[Named]:
        """The parts that have a hook, of some roles or of all."""
        return [p for p in self.parts if p.has(hook) and (not roles or p.role in roles)]

    @property
    def terms(self) -> list[Named]:
        """What is judged and what harms."""
        return [p for p in self.parts if p.role in ("judged", "harms")]

    @property
    def sought(self) -> list[Named]:
        """The terms that are no harm."""
        return [p for p in self.terms if p.role == "judged" and not p.key("harm")]

    @property
    def changing(self) -> tuple[str, ...]:
        """Bedside values that the drug reads and that can change."""
        return tuple(v for v in self.wanted if self._changes(v))

    def _changes(self, value: str) -> bool:
        if self.imagined and self._charted_anew(value) is not None:
            return True
        return any(p.key("value") == value for p in self.of("bedside"))

    def _charted_anew(self, value: str) -> Named | None:
        """The part that charts a bedside value again and again."""
        return next((p for p in self.of("told") if value in (p.name, p.key("value"))), None)

    # --- the text, piece by piece ---

    def _head(self) -> Iterator[str]:
        yield f'"""{self.title}: what is done between its parts."""'
        yield "from collections import namedtuple"
        yield "import numpy as np"
        yield "from numba.np.unsafe.ndarray import to_fixed_tuple"
        yield "from dosing_env.arithmetic import maximum, minimum"
        yield "from dosing_env.simulation.compiling import HOLE, merged"
        yield "from dosing_env.simulation.stretches import stretch"
        yield "from dosing_env.tasks.part import Chance"
        followed = {FOLLOWING[v] for v in self.by_name or () if v not in self.bedside}
        for formula in sorted(followed | {p.section.formula for p in self.parts if p.kind == "formula"}):
            yield f"from dosing_env.formulas import {formula}"
        for p in self.parts:
            for hook, function in p.part.hooks().items():
                yield f"from {function.__module__} import {function.__name__} as {p.id}_{hook}"
        yield "covariates = Covariates = individual = Patient = Eta = Parameters = NE = NP = prepare_days = HOLE"
        yield f"Bedside = namedtuple('Bedside', {list(self.bedside)!r})"
        yield f"Clock = namedtuple('Clock', {list(self.lists)!r})"
        for p in self.parts:
            laid = self.laid[p.path]
            yield f"{_class(p)} = namedtuple({_class(p)!r}, {['now', 'rule', *laid.series, *laid.lists]!r})"
            part, first = code(p.path)
            yield f"{p.id.upper()} = np.uint64({int(part)}), np.int64({first})"

    def _functions(self) -> Iterator[str]:
        yield _function("clock_of", "patient", self._clock())
        for p in self.parts:
            yield "@merged\n" + _function(p.id, "patient", self._me(p))
        for value in self.bedside:
            if self._changes(value) or any(p.key("value") == value or p.name == value for p in self.of("note")):
                yield _function(f"bedside_{value}", "patient, t", self._value(value))
        for n, output in enumerate(self.outputs):
            yield _function(f"output_{output}", "patient, t, values", self._output(n, output))
        first = f"output_{self.outputs[0]}(patient, t, values)"
        yield _function("visible", "patient, t, values", [f"return {first}"])
        yield _function("parameters", "patient, key, bench, t", self._parameters())
        yield _function("admitted", "patient, key", self._admitted())
        yield _function("started", "patient, key, values", self._started())
        yield _function("asks", "patient", self._asks())
        yield _function("prescribed", "patient, action, first", self._prescribed())
        yield _function("wanted_before", "patient, k, action", self._wanted())
        yield _function("entering", "patient, key, events, n", self._entering())
        yield _function("seen", "patient, key, which, j, t, values", self._seen())
        yield _function("passed", "patient, piece, exposure", self._passed())
        yield _function("ended", "patient, key, k, t, values", self._ended())
        yield _function("closed", "patient, key, piece, gained", self._closed())
        yield _function("opened", "patient, row", self._opened())
        yield _function("observed", "patient, row", self._observed())
        yield _function("paid_for", "patient, gained", self._paid(self.terms))
        yield _function("sought_for", "patient, gained", self._paid(self.sought))
        yield _function("nearness", "patient, piece", self._near())
        yield _function("recalled", "patient, row", self._recalled())

    def _clock(self) -> Iterator[str]:
        yield "where = patient.rules.where"
        lists = [_slice(_row(whole), f"clock_{name}") for name, whole in self.lists.items()]
        yield f"return Clock({', '.join(lists)})"

    def _me(self, p: Named) -> Iterator[str]:
        laid = self.laid[p.path]
        if laid.series or laid.lists:
            yield "where = patient.rules.where"
        yield (
            f"return {_class(p)}("
            + ", ".join(
                (
                    f"patient.course.{p.id}" if p.part.now else "0.0",
                    f"patient.rules.{p.id}" if laid.numbers else "0.0",
                    *(_slice("patient.memory", f"{p.id}_{name}") for name in laid.series),
                    *(_slice(_row(name in laid.counts), f"{p.id}_{name}") for name in laid.lists),
                )
            )
            + ")"
        )

    def _value(self, value: str) -> Iterator[str]:
        charted = self._charted_anew(value) if self.imagined else None
        if charted is not None:
            yield f"return {self._call(charted, 'told', 't')}"
            return
        yield f"value = {self._baseline(value)}"
        for p in self.of("bedside"):
            if p.key("value") == value:
                yield f"value = {self._call(p, 'bedside', 'value', 't')}"
        yield "return value"

    def _baseline(self, value: str) -> str:
        return f"patient.course.patient[{self.bedside.index(value)}]"

    def _now(self, value: str, t: str) -> str:
        """A bedside value at a time."""
        return f"bedside_{value}(patient, {t})" if self._changes(value) else self._baseline(value)

    def _output(self, n: int, output: str) -> Iterator[str]:
        yield f"value = values[{n}]"
        for p in self.parts:
            if p.has("effect") and p.key("on") == output:
                yield f"value = {self._call(p, 'effect', 'value', 't')}"
        yield "return value"

    def _parameters(self) -> Iterator[str]:
        yield "course = patient.course"
        changing = self.changing
        for v in changing:
            yield f"{v} = bedside_{v}(patient, t)"
        different = [f"{v} != course.evaluated[{j}]" for j, v in enumerate(changing)]
        occasion = next(iter(self.of("varied")), None)
        eta, slots = "course.eta", list(changing or ("0.0",))
        if occasion is not None:
            eta = "course.eta_now"
            yield f"occasion = {self._call(occasion, 'occasion', 't')}"
            different.append(f"occasion != course.evaluated[{len(slots)}]")
            slots.append("occasion")
        yield f"if {' or '.join(different or ['course.evaluated[0] != 0.0'])}:"
        if occasion is not None:
            yield f"    if occasion != course.evaluated[{len(slots) - 1}]:"
            etas = ("course.eta", "course.eta_now")
            yield f"        {self._call(occasion, 'varied', 'occasion', *etas, _chance(occasion))}"
        yield f"    p = individual({self._covariates()}, Eta(*to_fixed_tuple({eta}, NE)))"
        yield "    for j in range(NP):"
        yield "        course.parameters[j] = p[j]"
        if self.driven:
            yield "    prepare_days(p, course.days, bench)"
        for j, v in enumerate(slots):
            yield f"    course.evaluated[{j}] = {v}"
        yield "return Parameters(*to_fixed_tuple(course.parameters, NP))"

    def _covariates(self) -> str:
        def now(v: str) -> str:
            return v if v in self.changing else self._baseline(v)

        if self.by_name is None:
            return f"covariates(Patient({', '.join(map(now, self.wanted))}))"
        values = []
        for v in self.by_name:
            known = v in self.bedside
            values.append(now(v) if known else f"{FOLLOWING[v]}({', '.join(map(now, arguments(FOLLOWING[v])))})")
        return f"Covariates({', '.join(values)})"

    def _admitted(self) -> Iterator[str]:
        yield f"x = Bedside({', '.join(self._baseline(v) for v in self.bedside)})"
        settled = [p for p in self.of("admit") if not (self.imagined and p.role == "happens")]
        for p in settled:
            yield self._call(p, "admit", "x", _chance(p))
        for p in self.of("open"):
            value = p.key("value") or p.name
            if value in self.bedside:
                yield self._call(p, "open", f"x.{value}", _chance(p))
        for p in self.of("note"):
            yield self._call(p, "note", "0", f"bedside_{p.key('value') or p.name}(patient, 0.0)", _chance(p))

    def _started(self) -> Iterator[str]:
        for p in self.of("start"):
            if not self._compared(p):
                yield self._call(p, "start", self._read(p, "0.0"), _chance(p))

    def _compared(self, p: Named) -> bool:
        """Whether what it measured is known, and held against what is true."""
        return self.imagined and p.has("misfit")

    def _noted(self, p: Named, hook: str, number: str) -> str:
        """How a part takes notice of an output at a look, or decision point, of this number."""
        if self._compared(p):
            return f"patient.course.misfit[0] += {self._call(p, 'misfit', number, self._read(p, 't'))}"
        return self._call(p, hook, number, self._read(p, "t"), _chance(p))

    def _recalled(self) -> Iterator[str]:
        yield "k = patient.course.decision"
        for p in self.of("tells"):
            for j, value in enumerate(p.key("copies") or (p.key("value") or p.name,)):
                own = self._baseline(value)
                yield f"{own} = {self._call(p, 'tells', 'row', _at(p, self.columns[p.path]), str(j), own)}"
        for p in self.of("recall"):
            yield self._call(p, "recall", "row", _at(p, self.columns[p.path]), "k")

    def _read(self, p: Named, t: str) -> str:
        """The output that a part looks at."""
        return f"output_{p.key('of') or self.outputs[0]}(patient, {t}, values)"

    def _asks(self) -> Iterator[str]:
        yield "clock, k = clock_of(patient), patient.course.decision"
        yield "if k >= len(clock.asked):"
        yield "    return True"
        asked = ["clock.asked[k] > 0", *(self._call(p, "asks", "k") for p in self.of("asks"))]
        yield f"return {' and '.join(asked)}"

    def _prescribed(self) -> Iterator[str]:
        yield "k = patient.course.decision"
        given = self.of("prescribe", "given")
        for n, p in enumerate(given):
            wanted = f"action[{n}] * first" if p.key("once") else f"action[{n}]"
            yield f"dose_{n}, limit_{n} = {self._call(p, 'prescribe', 'k', wanted)}"
            yield f"patient.memory[patient.rules.where.course_wanted_{n}_first + k] = {wanted}"
        yield "return dose_0, limit_0"

    def _wanted(self) -> Iterator[str]:
        for n in range(len(self.of("prescribe", "given"))):
            yield f"action[{n}] = patient.memory[patient.rules.where.course_wanted_{n}_first + k]"

    def _entering(self) -> Iterator[str]:
        yield "at, k, share = clock_of(patient).at, patient.course.decision, 1.0"
        for p in self.of("take"):
            yield f"share *= {self._call(p, 'take', 'k', _chance(p))}"
        for p in self.of("enter", "given"):
            yield f"n = {self._call(p, 'enter', 'k', 'at', 'share', 'events', 'n')}"
        for p in self.of("enter", "happens"):
            yield f"n = {self._call(p, 'enter', 'k', 'at', 'events', 'n', _chance(p))}"
        yield "return n"

    def _seen(self) -> Iterator[str]:
        for n, p in enumerate(self.parts):
            if p.has("see"):
                yield f"if which == {n}:"
                yield f"    {self._noted(p, 'see', 'j')}"

    def _passed(self) -> Iterator[str]:
        for p in self.of("passed"):
            yield self._call(p, "passed", "piece", "exposure")

    def _ended(self) -> Iterator[str]:
        for p in self.of("ended"):
            yield self._noted(p, "ended", "k")

    def _closed(self) -> Iterator[str]:
        yield "clock = clock_of(patient)"
        for source in self.parts:
            judged = [(n, term) for n, term in enumerate(self.terms) if self.source(term) is source]
            if judged:
                yield f"if {self._call(source, 'closes', 'piece')}:"
                yield f"    w = {self._call(source, 'window', 'piece')}"
                for n, term in judged:
                    yield f"    gained[{n}] += {self._gain(term, source)}"
        days = [self._call(p, "day_ends", "day", _chance(p)) for p in self.of("day_ends")]
        for p in self.of("note"):
            now = f"bedside_{p.key('value') or p.name}(patient, clock.end[piece])"
            days.append(self._call(p, "note", "day + 1", now, _chance(p)))
        if days:
            yield "day = clock.day[piece]"
            yield "if clock.day_ends[piece] > 0 and clock.end[piece] < clock.at[-1]:"
            yield from (f"    {line}" for line in days)

    def source(self, term: Named) -> Named:
        """What a term is judged by.

        Raises:
            ValueError: there is nothing of the name.
        """
        name = term.key("of").split(".")
        for p in self.parts:
            if p.has("closes") and (p.name == name[0] or (p.path == ".".join(name[:2]) and len(name) > 1)):
                return p
        known = ", ".join(p.path if p.role != "watched" else p.name for p in self.of("closes"))
        raise ValueError(f"{term.path}: of: nothing watched is called {term.key('of')!r}. Known: {known or 'none'}")

    def _measure(self, term: Named, source: Named) -> str:
        """How a term reads what is watched: its value, or what stands behind the dot."""
        how = term.key("of").split(".")[-1]
        default = next(hook for hook in ("value", "line", "counted") if source.has(hook))
        return self._call(source, how if how in ("worst",) and source.has(how) else default, "w")

    def _gain(self, term: Named, source: Named) -> str:
        measure = self._measure(term, source)
        if term.has("strike"):
            return self._call(term, "strike", "w", "clock.end[piece]", measure, _chance(term))
        limits = (self._limit(term, "low"), self._limit(term, "high"))
        return self._call(term, "judge", "w", measure, *limits)

    def _limit(self, term: Named, key: str) -> str:
        """A number of the scenario, or a bedside value of the patient."""
        said = term.key(key)
        if isinstance(said, str):
            return self._baseline(said)
        return f"patient.rules.{term.id}.{key}" if key in self.laid[term.path].numbers else "0.0"

    def _opened(self) -> Iterator[str]:
        for p in self.of("open_chart"):
            yield self._call(
                p, "open_chart", "row", _at(p, self.columns[p.path]), self._baseline(p.key("value") or p.name)
            )

    def _observed(self) -> Iterator[str]:
        yield "clock, where, k = clock_of(patient), patient.rules.where, patient.course.decision"
        if self.counted:
            yield "row[0], row[1] = k + 1.0, max(len(clock.at) - 2.0 - k, 0.0)"
        else:
            yield "row[0], row[1] = clock.at[k], clock.at[-1] - clock.at[k]"
        for role in SHOWN:
            for p in self.parts:
                if p.role == role and p.kind == "formula":
                    yield self._formula(p)
                elif p.role == role and p.has("chart"):
                    values = [f"({', '.join(map(self._baseline, p.key('copies')))},)"] if p.key("copies") else []
                    yield self._call(p, "chart", "row", _at(p, self.columns[p.path]), "k", *values)

    def _formula(self, p: Named) -> str:
        known = ", ".join(self._charted(v) for v in arguments(p.section.formula))
        at, highest = f"where.{p.id}_column_0", f"patient.rules.{p.id}.highest"
        return f"row[{at}] = minimum(maximum({p.section.formula}({known}), 0.0), {highest})"

    def _charted(self, value: str) -> str:
        """A bedside value as it stands in the chart."""
        p = next((p for p in self.parts if p.role == "known" and p.name == value), None)
        return self._call(p, "newest", "k") if p is not None and p.has("newest") else self._baseline(value)

    def _paid(self, terms: list[Named]) -> Iterator[str]:
        yield "reward, where = 0.0, patient.rules.where"
        yield f"prices = {_slice('patient.plan', 'clock_prices')}"
        for n, term in enumerate(self.terms):
            if term in terms:
                yield f"reward += prices[{n}] * gained[{n}]"
        yield "return reward"

    def _near(self) -> Iterator[str]:
        yield "total = 0.0"
        for term in self.of("near"):
            source = self.source(term)
            yield f"if {self._call(source, 'closes', 'piece')}:"
            yield f"    w = {self._call(source, 'window', 'piece')}"
            limits = (self._limit(term, "low"), self._limit(term, "high"))
            yield f"    total += {self._call(term, 'near', 'w', self._measure(term, source), *limits)}"
        yield "return total"

    def _call(self, p: Named, hook: str, *more: str) -> str:
        """The call of a hook, with the other parts that it needs."""
        others = [f"{p.key(key).replace('.', '_')}(patient)" for key in p.part.needs.get(hook, ())]
        return f"{p.id}_{hook}({', '.join((f'{p.id}(patient)', *more, *others))})"


def _function(name: str, parameters: str, lines: Iterable[str]) -> str:
    body = [f"    {line}" for line in lines]
    if not body or not body[-1].startswith("    return"):
        body.append("    return")
    return "\n".join((f"def {name}({parameters}):", *body))


def _class(p: Named) -> str:
    return "".join(word.capitalize() for word in p.id.split("_"))


def _row(whole: bool) -> str:
    return "patient.counts" if whole else "patient.plan"


def _slice(row: str, name: str) -> str:
    return f"stretch({row}, where.{name}_first, where.{name}_end)"


def _chance(p: Named) -> str:
    return f"Chance(key, patient.course.number, {p.id.upper()}[0], {p.id.upper()}[1])"


def _at(p: Named, columns: int) -> str:
    """Where the columns of a part begin."""
    return f"({', '.join(f'patient.rules.where.{p.id}_column_{n}' for n in range(columns))},)"
