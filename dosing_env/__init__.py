"""Drug dosing as reinforcement learning, on published pharmacokinetic models. Research and education only."""
