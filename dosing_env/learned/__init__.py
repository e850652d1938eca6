"""What training found, as functions of the scaled observation: a policy network, dosing equations, boosted trees.

Each is computed one patient at a time in a fixed order of additions, so that a patient's dose does not depend on who
else is in the batch.
"""

from dosing_env.learned.equations import Equations as Equations
from dosing_env.learned.equations import terms_of as terms_of
from dosing_env.learned.forms import Learned as Learned
from dosing_env.learned.forms import learned_of as learned_of
from dosing_env.learned.forms import starting as starting
from dosing_env.learned.networks import PolicyNetwork as PolicyNetwork
from dosing_env.learned.networks import RecurrentNetwork as RecurrentNetwork
from dosing_env.learned.trees import Trees as Trees
