"""A search: it finds what is better, goes on where it was stopped, counts what it should, refuses what cannot be."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.algorithms import ALGORITHMS
from dosing_env.recipe import Limit, Range, Recipe
from tests.training.recipes import small

optuna = pytest.importorskip("optuna")
training = pytest.importorskip("dosing_env.training")

from dosing_env.training import seed as seeds  # noqa: E402
from dosing_env.training import space, study, trials  # noqa: E402
from dosing_env.training.search import Searched, Standing, prepare, search  # noqa: E402

RATES = {"learning_rate": Range(low=1e-5, high=1e-2, log=True), "layers": Range(among=((16, 8), (8,)))}
Fake = Callable[[dict[str, Any], int], float]  # hyperparameters, number of the look -> return


def searchable(ranges: dict[str, Range] = RATES, steps: int = 2000, evaluate_every: int = 900) -> Recipe:
    """PPO for a few seconds, with ranges."""
    return msgspec.structs.replace(small("PPO", steps=steps, evaluate_every=evaluate_every), search=ranges)


def values(found: Searched) -> list[Any]:
    """What was tried and what came of it, in order."""
    return [(one.number, one.values, one.value) for one in sorted(found.tried, key=lambda one: one.number)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """A real search of four trials, and its folder as the working directory of whoever looks."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("search"))
    found = search(searchable(), trials=4)
    yield found._replace(file=found.file.absolute(), picture=found.picture.absolute())
    os.chdir(before)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fake], None]:
    """Instead of training: four looks, with returns that a function says."""

    def install(returns: Fake) -> None:
        def train(rules: Recipe, case: Any, seed: int, folder: Path, tell: Any, looked: Any) -> seeds.SeedRun:
            steps, rows = rules.training.steps, []
            for look in (1, 2, 3, 4):
                value = returns(dict(rules.hyperparameters), look)
                rows.append({"steps": look * steps // 4, "return": value, case.kind.tables.PRIMARY: 50.0})
                rows[-1]["cost_aki"] = 10.0 * float(rules.hyperparameters["learning_rate"])
                tell(look * steps // 4, f"seed {seed}")
                looked(rows[-1])
            return seeds.SeedRun(seed, {}, rows, True)

        monkeypatch.setattr(trials, "train_seed", train)

    return install


def rate(hyperparameters: dict[str, Any], look: int) -> float:
    """The higher the better."""
    return look * float(hyperparameters["learning_rate"])


def quick() -> Recipe:
    """Searched by fakes: four looks."""
    return searchable(steps=4000, evaluate_every=1000)


def test_it_finds_better_values_than_the_worst(searched: Searched) -> None:
    returns = [one.value for one in searched.tried if one.value is not None]
    assert returns == sorted(returns, reverse=True)
    assert returns[0] > returns[-1]
    best = searched.tried[0].values
    assert searched.recipe.hyperparameters["learning_rate"] == best["learning_rate"]
    assert searched.recipe.network is not None
    assert list(searched.recipe.network.layers) == list(best["layers"])


def test_the_first_trial_is_the_recipe_as_it_is(fake: Callable[[Fake], None]) -> None:
    fake(rate)
    own = quick()
    own = msgspec.structs.replace(own, hyperparameters=own.hyperparameters | {"learning_rate": 1e-3})
    first = values(search(own, trials=1))
    assert first[0][1] == {"learning_rate": 1e-3, "layers": [16, 8]}


def test_a_search_that_is_gone_on_with_makes_the_same_trials(searched: Searched) -> None:
    assert len(values(search(searchable(), trials=2))) == 2
    assert values(search(searchable(), trials=4)) == values(searched)
    assert values(search(searchable(), trials=4)) == values(searched)


def test_the_written_recipe_trains_and_says_how_it_was_found(searched: Searched) -> None:
    found = recipes.load(str(searched.file))
    assert msgspec.structs.replace(found, file="") == msgspec.structs.replace(searched.recipe, file="")
    assert found.search == {}
    assert found.found is not None
    assert (found.found.complete, found.found.pruned, found.found.steps) == (4, 0, 2000)
    assert (found.found.seeds, found.training.seeds) == ((0,), (0, 1))
    assert found.found.value == searched.tried[0].value
    assert found.found.space == {"learning_rate": "1e-05 to 0.01, log", "layers": "[16, 8] or [8]"}
    assert found.found.versions["optuna"] == optuna.__version__
    assert searched.picture.read_bytes().startswith(b"\x89PNG")
    agent = training.train(str(searched.file), seed=0, output="run", card=False)
    assert agent.card["learning"][-1]["return"] == pytest.approx(found.found.value, abs=1e-9)
    assert {path.name for path in searched.file.parent.iterdir()} == {"small_found.toml", "small_found.png", "study.db"}


def test_how_values_were_found_changes_neither_training_nor_agent(searched: Searched) -> None:
    bare, case = msgspec.structs.replace(searched.recipe, found=None), scenarios.load("vancomycin_ward")
    ranged = msgspec.structs.replace(bare, search=RATES)
    assert recipes.fingerprint(bare) == recipes.fingerprint(searched.recipe) == recipes.fingerprint(ranged)
    assert seeds.identity_of(bare, case) == seeds.identity_of(searched.recipe, case) == seeds.identity_of(ranged, case)


def test_two_processes_share_a_study() -> None:
    told: list[tuple[int, int, str]] = []
    found = search(searchable(), trials=4, jobs=2, progress=lambda *words: told.append(words))
    assert len(found.tried) in (4, 5)  # the other one may have begun a trial
    tried = optuna.load_study(study_name="small", storage="sqlite:///runs/small_search/study.db").trials
    assert [trial.number for trial in tried] == list(range(len(tried)))
    assert any(one.datetime_complete > other.datetime_start for one, other in pairwise(tried))
    assert len({str(trial.params) for trial in tried}) == len(tried)
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {8000}


def test_trials_that_fall_behind_are_pruned_and_counted(fake: Callable[[Fake], None]) -> None:
    fake(rate)
    found = search(quick(), trials=12)
    pruned = [one for one in found.tried if one.pruned]
    assert len(found.tried) == 12
    assert 0 < len(pruned) < 8
    assert found.recipe.found is not None
    assert (found.recipe.found.complete, found.recipe.found.pruned) == (12 - len(pruned), len(pruned))
    assert found.tried[-len(pruned) :] == pruned
    assert all(one.endpoint is None for one in pruned)


def test_what_a_look_raises_ends_a_training(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = []

    def looked(row: dict[str, Any]) -> None:
        rows.append(row)
        raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        training.train_seed(searchable(), scenarios.load("vancomycin_ward"), 0, tmp_path, looked=looked)
    assert [row["steps"] < 2000 for row in rows] == [True]


def test_several_seeds_are_averaged(fake: Callable[[Fake], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fake(rate)
    original = trials.train_seed

    def by_seed(rules: Recipe, case: Any, seed: int, *rest: Any) -> seeds.SeedRun:
        run = original(rules, case, seed, *rest)
        return seeds.SeedRun(seed, {}, [run.learning[-1] | {"return": seed}], True)

    monkeypatch.setattr(trials, "train_seed", by_seed)
    assert [one.value for one in search(quick(), trials=2, seed=[1, 5, 6]).tried] == [4.0, 4.0]


def test_a_trial_that_fails_is_told_and_does_not_count(fake: Callable[[Fake], None]) -> None:
    begun: list[int] = []

    def failing(hyperparameters: dict[str, Any], look: int) -> float:
        begun.extend([look] if look == 1 else [])
        if len(begun) == 2:
            raise ValueError("Expected parameter loc\nto be real")
        return float("nan") if len(begun) == 3 else 1.0

    fake(failing)
    with pytest.warns(UserWarning, match="failed") as told:
        found = search(quick(), trials=3)
    assert len(found.tried) == 3
    assert found.failed == 2
    assert [str(warning.message) for warning in told if warning.category is UserWarning] == [
        "trial 1 failed: Expected parameter loc to be real",
        "trial 2 failed: the return at step 1000 is no number",
    ]


def test_numbers_that_run_away_are_a_failed_trial() -> None:
    ranges = {"learning_rate": Range(among=(1e-3, 1e30))}
    with pytest.warns(UserWarning, match="failed"):
        found = search(searchable(ranges), trials=3)
    assert {one.values["learning_rate"] for one in found.tried} == {1e-3}


def test_what_keeps_the_limits_is_better_than_what_does_not(fake: Callable[[Fake], None]) -> None:
    """With a limit on the learning rate at 5e-3: what is found is below, however good it is above."""
    fake(rate)
    plain, limited = quick(), msgspec.structs.replace(quick(), limits=(Limit("aki", 0.05),))
    assert float(search(plain, trials=12).recipe.hyperparameters["learning_rate"]) > 5e-3
    found = search(limited, trials=12, study="limited")
    assert float(found.recipe.hyperparameters["learning_rate"]) <= 5e-3
    assert found.recipe.found is not None
    assert found.tried[0].number == found.recipe.found.trial
    complete = [one for one in found.tried if not one.pruned]
    assert [one.excess > 0.0 for one in complete] == sorted(one.excess > 0.0 for one in complete)
    assert complete[-1].excess > 0.0


def test_trial_after_trial_that_fails_ends_the_search(fake: Callable[[Fake], None]) -> None:
    fake(lambda *_: float("inf"))
    answer = "10 trials in a row have failed, the last one: the return at step 1000 is no number"
    with pytest.warns(UserWarning, match="failed"), pytest.raises(ValueError, match=answer):
        search(quick(), trials=2)


def test_ctrl_c_keeps_what_was_tried(fake: Callable[[Fake], None]) -> None:
    begun: list[float] = []

    def stopping(hyperparameters: dict[str, Any], look: int) -> float:
        begun.append(hyperparameters["learning_rate"])
        if len(begun) == 11:  # in the third trial
            raise KeyboardInterrupt
        return rate(hyperparameters, look)

    fake(stopping)
    file = "runs/small_search/small_found.toml"
    with pytest.raises(KeyboardInterrupt, match=f"the best of 2 trials is in {file}; the same command goes on"):
        search(quick(), trials=3)
    found = recipes.load(file)
    assert found.hyperparameters["learning_rate"] == max(begun[:10])
    assert not list(Path("runs/small_search").glob("trial*"))
    assert [one.number for one in search(quick(), trials=3).tried if one.number > 1] == [3]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch, ctrl_c_is_heard: None) -> Iterator[Callable[[int], None]]:
    """Ctrl-C while an answer of the storage is read: an unread one holds a lock, for which its own process waits."""
    from sqlalchemy import Engine, event

    monkeypatch.setattr(study, "_WAIT", 1.0)
    calls: list[int] = []

    def interrupt(*_: Any) -> None:
        if threading.current_thread() is threading.main_thread() and calls:
            calls.append(calls.pop() - 1)
            if calls[0] == 0:
                signal.raise_signal(signal.SIGINT)

    event.listen(Engine, "after_cursor_execute", interrupt)
    yield calls.append
    event.remove(Engine, "after_cursor_execute", interrupt)


@pytest.mark.parametrize("call", range(20, 120, 9))
def test_ctrl_c_within_the_storage_leaves_no_lock(
    fake: Callable[[Fake], None], interrupted: Callable[[int], None], call: int
) -> None:
    fake(rate)
    search(quick(), trials=1)
    interrupted(call)
    with pytest.raises(KeyboardInterrupt):
        search(quick(), trials=20)
    assert search(quick(), trials=4).failed <= 1


def test_ctrl_c_while_the_best_is_looked_up_leaves_no_lock(
    fake: Callable[[Fake], None], interrupted: Callable[[int], None]
) -> None:
    fake(rate)
    search(quick(), trials=1)
    plan, _ = prepare(quick(), 4, None, None, None, None, None)
    standing = Standing(study.opened(plan), plan, None)
    interrupted(1)
    with pytest.raises(KeyboardInterrupt):
        standing(0, None, "complete")
    study.opened(plan).ask()  # writes


def test_a_study_of_another_search_is_refused(fake: Callable[[Fake], None]) -> None:
    fake(rate)
    search(quick(), trials=1, storage="journal:deep/study.log")
    for changes, what in (
        ({"steps": 8000}, "recipe"),
        ({"seed": 4}, "seeds"),
        ({"recipe": msgspec.structs.replace(quick(), search={"n_epochs": Range(low=1, high=2)})}, "space"),
    ):
        with pytest.raises(ValueError, match=rf"study 'small' in journal:deep/study\.log: {what} of this search"):
            search(**{"recipe": quick(), "trials": 1, "storage": "journal:deep/study.log"} | changes)  # type: ignore[arg-type]
    assert len(search(quick(), trials=1, storage="journal:deep/study.log", study="another", steps=8000).tried) == 1


@pytest.mark.parametrize(
    ("storage", "answer"),
    [
        ("nonsense", "storage nonsense: Could not parse SQLAlchemy URL"),
        ("nosuchbase://me:secret@host/db", r"storage nosuchbase://me:\*\*\*@host/db: "),
        ("sqlite:///.", r"storage sqlite:///\.: "),
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_in_one_line(storage: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer) as error:
        search(quick(), storage=storage)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            "learning_rat = { low = 1, high = 2 }",
            "search: unknown hyperparameter 'learning_rat'. Did you mean 'learning_r",
        ),
        ("lstm = { low = 1, high = 2 }", "search: unknown hyperparameter 'lstm'"),
        ("gamma = { low = 1.0, high = 0.9 }", "search.gamma: low 1.0 is not below high 0.9"),
        ("gamma = { low = 0.9 }", "search.gamma: needs low and high, or among"),
        ("gamma = { low = 0.9, high = 1.0, among = [1.0] }", "search.gamma: has both among and a range"),
        ("gamma = { low = 0.9, high = inf }", "search.gamma: low 0.9 is not below high inf"),
        (
            "learning_rate = { low = 0.0, high = 1e-3, log = true }",
            "search.learning_rate: log: needs low above 0, found 0.0",
        ),
        ("n_epochs = { low = 1, high = 9, log = true, step = 2 }", "search.n_epochs: log: has no steps"),
        ("n_epochs = { low = 1, high = 9, step = 9 }", "search.n_epochs: step: 9 is not between 0 and high - low"),
        ("n_epochs = { low = 1.5, high = 9 }", "search.n_epochs: hyperparameters.n_epochs: 1.5 is not a whole number"),
        ("gamma = { low = 0.9, high = 2.0 }", "search.gamma: hyperparameters.gamma: 2.0 is not between 0 and 1"),
        ("layers = { among = [] }", "search.layers: among: is empty"),
        ("layers = { among = [[8], []] }", "search.layers: network.layers: is empty, at least one layer is needed"),
        ("layers = { among = [8] }", "search.layers: Expected `array`, got `int` - at `network.layers`, found 8"),
        ("num_envs = { low = 0, high = 9 }", "search.num_envs: Expected `int` >= 1 - at `training.num_envs`, found 0"),
        ("gamma = { lo = 0.9, high = 1.0 }", "unknown key search.gamma.lo. Did you mean 'low'?"),
        (
            'gamma = { low = "0.9", high = 1.0 }',
            "Expected `int | float | null`, got `str` - at `search.gamma.low`, found '0.9'",
        ),
    ],
)
def test_a_wrong_section_is_refused_in_one_line(line: str, answer: str) -> None:
    own = Path("own.toml")
    own.write_text(Path(recipes.load("vancomycin_ward_ppo").file).read_text() + f"\n[search]\n{line}\n")
    with pytest.raises(ValueError, match=r"own\.toml: ") as error:
        search("own.toml")
    assert answer in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_fitted_has_nothing_to_search_for() -> None:
    with pytest.raises(ValueError, match="least_squares has no hyperparameters to search for"):
        search("vancomycin_ward_regression")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_has_a_space_of_its_own_without_illegal_values(algorithm: str) -> None:
    rules = small(algorithm)
    own = space.space_of(rules)
    assert {"learning_rate", "gamma", "layers"} <= set(own)
    env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), rules.training.num_envs, 0)
    sampled = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(6):
        tried = space.with_values(rules, space.proposed(sampled.ask(), own), "trial")
        model = training.build(tried, env, seed=0)
        if "batch_size" in own and "n_steps" in own:
            assert model.n_steps * env.num_envs % model.batch_size == 0


@pytest.mark.parametrize("key", ["layers", "num_envs", "lstm", "quantiles"])
def test_values_go_where_they_belong(key: str) -> None:
    rules = small({"lstm": "RecurrentPPO", "quantiles": "TQC"}.get(key, "PPO"))
    value: Any = [4, 4] if key == "layers" else 16
    changed = msgspec.to_builtins(space.with_values(rules, {key: value}, "here"))
    section = "training" if key == "num_envs" else "network"
    assert list(changed[section][key]) == value if key == "layers" else changed[section][key] == value
