"""Many runs: sweeps over settings and seeds in parallel processes, and several seeds in one batch."""

from physml.sweeping.runs import Run as Run
from physml.sweeping.seeds import solve_seeds as solve_seeds
from physml.sweeping.sweeps import Sweep as Sweep
from physml.sweeping.sweeps import sweep as sweep
from physml.sweeping.variants import grid as grid
