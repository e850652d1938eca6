"""Recipe -> Stable-Baselines3 -> trained agent. The only room that imports Stable-Baselines3 and torch."""

try:
    import sb3_contrib as _contrib  # noqa: F401
    import stable_baselines3 as _sb3  # noqa: F401
    import torch as _torch  # noqa: F401
except ImportError as _error:
    raise ImportError("training needs the extra packages: pip install 'dosing-env[train]'") from _error

from dosing_env.training.algorithms import build as build
from dosing_env.training.algorithms import state_of as state_of
from dosing_env.training.imported import import_sb3 as import_sb3
from dosing_env.training.patients import PatientVecEnv as PatientVecEnv
from dosing_env.training.patients import action_of as action_of
from dosing_env.training.run import check as check
from dosing_env.training.run import finish as finish
from dosing_env.training.run import folder_of as folder_of
from dosing_env.training.run import prepare as prepare
from dosing_env.training.run import reopen as reopen
from dosing_env.training.run import resume as resume
from dosing_env.training.run import train as train
from dosing_env.training.seed import train_seed as train_seed
