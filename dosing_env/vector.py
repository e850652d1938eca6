"""The environment: many patients at once. `DosingEnv` is a batch of one of these."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from dosing_env.catalogue import given, unknown
from dosing_env.cohort import Cohort, require_room
from dosing_env.decision import Paid
from dosing_env.io import printable
from dosing_env.io.arguments import patient_numbers, seed_of, switch, whole
from dosing_env.pharmacology import DrugLike
from dosing_env.scenario import Scenario, load
from dosing_env.sight import Sight
from dosing_env.simulation.chance import key_of
from dosing_env.simulation.solvers import solver_for
from dosing_env.spaces import Actions, action_space, observation_space
from dosing_env.task import Task
from dosing_env.threads import one_thread, taken

OPTIONS = ("patients", "reset_mask")  # of a reset
# Of a copy: made again of the arguments and the snapshot.
_MADE_AGAIN = {"task", "features", "cohort", "_actions", "_sight", "_memory", "_patients", "over", "_lock"}


class DosingVectorEnv(VectorEnv):
    """Patients of a scenario under treatment, one per slot, all advanced by one compiled step.

    Args:
        scenario: a catalogue name, the path of a scenario file, the tables of such a file, or a `Scenario`.
        num_envs: number of patients treated at once.
        stream: "train", "tune" or "evaluate": disjoint patients and noise.
        discrete: an indexed dose grid (with `action_masks()`) instead of milligrams; in a clinic
            two grids (`MultiDiscrete`): doses, and days to the next INR.
        autoreset_mode: Gymnasium's NEXT_STEP, SAME_STEP or DISABLED.
        solver: "exact" or "compiled"; by default chosen by the drug.
        render_mode: "ansi" or "rgb_array"; `render()` then returns one text or picture per patient.
        finite: a course ends in termination, for learners that would value what is beyond a truncation.
        hold: a policy is asked on visits only, and its dose is held until the next one (in a clinic).
        belief: a model (name, file or `Drug`) whose belief is observed beside the chart, see `sight.Sight`.
        frames: number of last decisions (in a clinic: INRs) that are observed in place of the whole course, see
            `sight.Sight`; 0: the whole course. Protocols and shipped agents want to be shown the whole course.
        overrides: top-level fields of the scenario to change, for example drug="vancomycin_thomson2009".

    Observation: `features` (name, unit, bounds), float32. Action: (num_envs, 1) mg. Reward: see the scenario file.
    Info (arrays over patients): `dose` (mg given), `limited` (the rule that lowered it, or ""), `cost` and `costs`
    (hazard of harm on the day that closed), `reward_terms`.

    It can be pickled and deep-copied, also in mid-course: the copy goes on with the same patients, and neither changes
    the other. Two threads cannot use one environment at the same time.

    `reset(seed=s)` starts patients 0 to num_envs - 1 of seed s; whenever a slot starts again it takes the patient
    `num_envs` further on. `options={"patients": [...]}` picks patients, `options={"reset_mask": ...}` slots.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 1}  # noqa: RUF012

    def __init__(
        self,
        scenario: str | Mapping[str, Any] | Scenario = "vancomycin_ward",
        num_envs: int = 1,
        *,
        stream: str = "train",
        discrete: bool = False,
        autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        solver: str | None = None,
        render_mode: str | None = None,
        finite: bool = False,
        hold: bool = False,
        belief: DrugLike | None = None,
        frames: int = 0,
        **overrides: Any,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode: {render_mode!r} is not one of {', '.join(self.metadata['render_modes'])}")
        num_envs, discrete = whole("num_envs", num_envs, 1), switch("discrete", discrete)
        finite, hold = switch("finite", finite), switch("hold", hold)
        belief = given(belief)
        key_of(stream, 0)  # refuses an unknown stream now rather than at the first reset
        self.scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
        if overrides:
            self.scenario = self.scenario.replace(**overrides)
        self.task: Task = self.scenario.task().held() if hold else self.scenario.task()
        if solver_for(self.task.drug, solver) == "scipy":
            raise ValueError("solver: 'scipy' is the reference of the tests, use 'exact' or 'compiled'")
        require_room(self.task, num_envs)
        self.num_envs = num_envs
        self.discrete = discrete
        self.render_mode = render_mode
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = self.metadata | {"autoreset_mode": self.autoreset_mode}
        self._stream, self._solver = stream, solver
        self._actions = Actions(self.task, num_envs, discrete)
        self._limits = np.array(self.task.limits)
        self.prices = self.task.prices
        self._finite = finite or len(self.task.asked) == 1
        self._sight = Sight(self.task, belief, frames)
        self._memory: Any = None  # of the sight
        self.features = self._sight.features
        self.single_observation_space = observation_space(self.features)
        self.single_action_space = action_space(self.task, discrete)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._given = {  # to make it again
            "scenario": self.scenario,
            "num_envs": num_envs,
            "stream": stream,
            "discrete": discrete,
            "autoreset_mode": self.autoreset_mode,
            "solver": solver,
            "finite": finite,
            "hold": hold,
            "belief": belief,
            "frames": frames,
        }
        self._lock = RLock()
        self.cohort: Cohort | None = None
        self._patients = np.arange(num_envs)
        self.over = np.zeros(num_envs, dtype=bool)  # slots whose course has ended and was not started again

    @one_thread
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start patients. See the class docstring for `seed` and `options`."""
        options, seed = checked_options(options, OPTIONS), None if seed is None else seed_of(seed)
        anew = seed is not None or self.cohort is None
        slots = self._slots(options, anew)
        patients = patient_numbers(options["patients"], len(slots)) if "patients" in options else None
        if anew:
            self._open(seed)
            self._patients = np.arange(self.num_envs)
        else:
            self._patients[slots] += self.num_envs
        if patients is not None:
            self._patients[slots] = patients
        self._start(slots)
        return self.observation(), {}

    def step(
        self, actions: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Give each patient a dose and advance to the next decision.

        Raises:
            ValueError: an action is not a finite number within the action space.
            RuntimeError: another thread is using the environment.
        """
        if not self._lock.acquire(False):
            raise taken(self)
        try:
            return self._step(actions)
        finally:
            self._lock.release()

    def _step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        paid, terminated, truncated = self.treat(actions)
        info, ended = info_of(self.task, self.prices, paid, self._limits[paid.limit]), terminated | truncated
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            info |= _final(self.observation(), info, ended)
            self._restart(ended)
        return self.observation(), paid.reward, terminated, truncated, info

    def treat(self, actions: Any) -> tuple[Paid, NDArray[np.bool_], NDArray[np.bool_]]:
        """The step without observation and info: what was paid, and whose course ended.

        A course is truncated at its last day, for treatment would go on. Where that is not to count (`finite`), or one
        decision is all that is asked, the task is done and the course terminated.
        """
        if self.cohort is None:
            raise RuntimeError("reset() comes before step()")
        wanted = self._actions(actions)
        running = ~self.over
        if self.autoreset_mode is AutoresetMode.NEXT_STEP and self.over.any():
            self._restart(self.over)
        paid = self.cohort.treat(wanted, running)
        self.over = paid.over
        ended, neither = paid.over & running, np.zeros(self.num_envs, dtype=bool)
        return (paid, ended, neither) if self._finite else (paid, neither, ended)

    def action_masks(self) -> NDArray[np.bool_]:
        """(num_envs, values): which values of the grids the hard limits allow now, as the chart tells.

        On a ward the doses of `task.grids`, in a clinic its doses and behind them its days to the next INR, as many as
        the `MultiDiscrete` action has in all: what MaskablePPO of sb3-contrib takes.
        """
        return np.asarray(self.task.masks(self._open_cohort().observation))

    def render(self) -> tuple[Any, ...] | None:
        """One text ("ansi") or picture ("rgb_array") per patient: the course so far."""
        if self.render_mode is None:
            return None
        from dosing_env.report import any_course, courses

        drawing = any_course if self.task.kind == "parts" else courses
        draw = drawing.as_text if self.render_mode == "ansi" else drawing.as_picture
        return tuple(draw(self._open_cohort(), slot) for slot in range(self.num_envs))

    def __getstate__(self) -> Any:
        """What changes, and the arguments: what is compiled is made again."""
        own = {name: value for name, value in vars(self).items() if name not in _MADE_AGAIN}
        return own, None if self.cohort is None else (int(self.cohort.key.seed), self.snapshot())

    def __setstate__(self, state: Any) -> None:
        own, world = state
        DosingVectorEnv.__init__(self, **own["_given"])
        if world is not None:
            self.restore(*world)
        vars(self).update(own)

    @one_thread
    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that changes from step to step, by name: to go on from it, see `restore`."""
        cohort = self._open_cohort()
        kept = {"courses": cohort.courses.view(np.uint8), "observation": cohort.observation}
        kept |= {"series": cohort.memory, "patients": self._patients, "over": self.over}
        if self._memory is not None:
            kept["memory"] = self._memory
        return {name: np.array(array) for name, array in kept.items()}

    @one_thread
    def restore(self, seed: int, snapshot: dict[str, NDArray[Any]]) -> None:
        """Go on from a snapshot of an environment like this one, in the random world of its seed."""
        self._open(seed)
        cohort = self._open_cohort()
        cohort.courses.view(np.uint8)[:] = snapshot["courses"]
        cohort.memory[:], cohort.observation[:] = snapshot["series"], snapshot["observation"]
        self._patients, self.over = snapshot["patients"].copy(), snapshot["over"].copy()
        self._memory = snapshot.get("memory")

    def _open(self, seed: int | None) -> None:
        """Enter the random world of a seed; without one, of a seed drawn from Gymnasium's generator."""
        if seed is None:
            seed = int(self.np_random.integers(2**32))
        self._np_random_seed = seed
        self.cohort = Cohort(self.task, self.num_envs, self._stream, seed, self._solver)

    def _open_cohort(self) -> Cohort:
        if self.cohort is None:
            raise RuntimeError("reset() comes first")
        return self.cohort

    def _slots(self, options: dict[str, Any], anew: bool) -> NDArray[np.int64]:
        mask = options.get("reset_mask")
        if mask is None:
            return np.arange(self.num_envs)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != bool or not mask.any():
            raise ValueError(f"reset_mask: expected {self.num_envs} booleans of which one is true, got {mask!r}")
        if anew and not mask.all():
            raise ValueError(f"reset_mask: in a new world every slot starts, but the mask is {mask!r}")
        return np.flatnonzero(mask)

    def _start(self, slots: NDArray[np.int64]) -> None:
        self._open_cohort().admit(self._patients[slots], slots)
        self.over[slots] = False

    def _restart(self, which: NDArray[np.bool_]) -> None:
        slots = np.flatnonzero(which)
        self._patients[slots] += self.num_envs
        self._start(slots)

    def observation(self) -> NDArray[np.float32]:
        """(num_envs, features): what is known of each patient now."""
        seen, self._memory = self._sight(self._open_cohort().observation, self._memory)
        return seen.copy()


def checked_options(options: Any, known: tuple[str, ...]) -> dict[str, Any]:
    """The options of a reset.

    Raises:
        ValueError: they are no dict, or one is not known.
    """
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise ValueError(f"options: {printable.value(options)} is no dict. Known options: {', '.join(known)}")
    for option in options:
        if option not in known:
            raise ValueError(f"options: {unknown('option', str(option), list(known))}")
    return options


def info_of(task: Task, prices: Any, paid: Paid, limited: Any) -> dict[str, Any]:
    """The info of a step, of arrays over patients or of the numbers of one patient."""
    gained = {term.name: paid.terms[..., j] for j, term in enumerate(task.terms)}
    costs = {term.name: 1.0 * gained[term.name] for term in task.terms if term.harm}  # copies
    return {
        "dose": paid.dose,
        "limited": limited,
        "cost": sum(costs.values(), 0.0 * paid.dose),  # a task may have no harm
        "costs": costs,
        "reward_terms": {name: prices[j] * value for j, (name, value) in enumerate(gained.items())},
    }


def _final(observation: NDArray[np.float32], info: dict[str, Any], over: NDArray[np.bool_]) -> dict[str, Any]:
    """Gymnasium's record of the patients that ended in this step."""
    last = np.full(len(over), None, dtype=object)
    for slot, row in zip(np.flatnonzero(over), observation[over], strict=True):
        last[slot] = row
    return {"final_obs": last, "_final_obs": over.copy(), "final_info": _copied(info), "_final_info": over.copy()}


def _copied(info: dict[str, Any]) -> dict[str, Any]:
    return {name: _copied(value) if isinstance(value, dict) else value.copy() for name, value in info.items()}
