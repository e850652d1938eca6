"""Drug dosing as reinforcement learning, on published pharmacokinetic models. Research and education only."""

from typing import TYPE_CHECKING, Any

from dosing_env.registration import register as _register

if TYPE_CHECKING:
    from dosing_env.agent import load_agent as load_agent
    from dosing_env.inference.estimates import map_estimate as map_estimate
    from dosing_env.inference.forecast import forecast as forecast
    from dosing_env.inference.posterior import posterior as posterior
    from dosing_env.simulation.adherence import Adherence as Adherence
    from dosing_env.simulation.adherence import taken as taken
    from dosing_env.simulation.tables import simulate as simulate
    from dosing_env.simulation.tables import simulate_in_parts as simulate_in_parts
    from dosing_env.training import train as train
    from dosing_env.trial import Trial as Trial
    from dosing_env.virtual_trial import evaluate as evaluate

__version__ = "0.1.0"

_LATE = {  # loaded when first asked for: the import stays light
    "Adherence": "dosing_env.simulation.adherence",
    "Trial": "dosing_env.trial",
    "evaluate": "dosing_env.virtual_trial",
    "forecast": "dosing_env.inference.forecast",
    "load_agent": "dosing_env.agent",
    "map_estimate": "dosing_env.inference.estimates",
    "posterior": "dosing_env.inference.posterior",
    "simulate": "dosing_env.simulation.tables",
    "simulate_in_parts": "dosing_env.simulation.tables",
    "taken": "dosing_env.simulation.adherence",
    "train": "dosing_env.training",
}

_register()


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATE])
