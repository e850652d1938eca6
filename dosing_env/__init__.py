"""Drug dosing as reinforcement learning, on published pharmacokinetic models. Research and education only."""

__version__ = "0.1.0"

from dosing_env.registration import register as _register

_register()
