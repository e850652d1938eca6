"""Drug dosing as reinforcement learning, on published pharmacokinetic models. Research and education only."""

from typing import TYPE_CHECKING, Any

from dosing_env.registration import register as _register

if TYPE_CHECKING:
    from dosing_env.simulation.tables import simulate as simulate

__version__ = "0.1.0"

_LATE = {"simulate": "dosing_env.simulation.tables"}  # loaded when first asked for: the import stays light

_register()


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LATE])
