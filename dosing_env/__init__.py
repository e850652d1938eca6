"""Drug dosing as reinforcement learning, on published pharmacokinetic models. Research and education only."""

__version__ = "0.1.0"
