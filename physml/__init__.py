"""physml: scientific machine learning for physics, organised around one catalog of problems."""

from physml import catalog as catalog
from physml.catalog import load as load
from physml.comparing import Comparison as Comparison
from physml.comparing import compare as compare
from physml.result import Result as Result
from physml.solving import open_run as open_run
from physml.solving import recommend as recommend
from physml.solving import resume as resume
from physml.solving import solve as solve
from physml.sweeping import grid as grid
from physml.sweeping import solve_seeds as solve_seeds
from physml.sweeping import sweep as sweep

__version__ = "0.1.0"
