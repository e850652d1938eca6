"""How an agent is trained: a recipe file (TOML) <-> a frozen, checked record of everything except the seed."""

from dosing_env.recipe.checks import check as check
from dosing_env.recipe.reading import fingerprint as fingerprint
from dosing_env.recipe.reading import load as load
from dosing_env.recipe.reading import parse as parse
from dosing_env.recipe.reading import text as text
from dosing_env.recipe.scaler import Scaler as Scaler
from dosing_env.recipe.scaler import require_features as require_features
from dosing_env.recipe.scaler import shown_to as shown_to
from dosing_env.recipe.scaler import sight_of as sight_of
from dosing_env.recipe.sections import Boosting as Boosting
from dosing_env.recipe.sections import Choice as Choice
from dosing_env.recipe.sections import Equation as Equation
from dosing_env.recipe.sections import Found as Found
from dosing_env.recipe.sections import Limit as Limit
from dosing_env.recipe.sections import Network as Network
from dosing_env.recipe.sections import Pretrain as Pretrain
from dosing_env.recipe.sections import Range as Range
from dosing_env.recipe.sections import Recipe as Recipe
from dosing_env.recipe.sections import Scaling as Scaling
from dosing_env.recipe.sections import Training as Training
