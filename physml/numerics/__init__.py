"""Classical numerics: solvers for references, convergence certificates, a cache for what they compute."""

from physml.numerics.characteristics import feet_of_paths as feet_of_paths
from physml.numerics.characteristics import feet_of_values as feet_of_values
from physml.numerics.convergence import Certificate as Certificate
from physml.numerics.convergence import certify as certify
from physml.numerics.convergence import fitted_order as fitted_order
from physml.numerics.etdrk4 import ETDRK4 as ETDRK4
from physml.numerics.finite_volume import FiniteVolume as FiniteVolume
from physml.numerics.finite_volume import Wall as Wall
from physml.numerics.fourier import pointwise as pointwise
from physml.numerics.fourier import spectrum_of as spectrum_of
from physml.numerics.fourier import values_on_grid as values_on_grid
from physml.numerics.memory import keep_freed_memory as keep_freed_memory
from physml.numerics.semilinear import solve_periodic as solve_periodic
from physml.numerics.semilinear import solve_semilinear as solve_semilinear
from physml.numerics.sensitivity import growth as growth
from physml.numerics.taylor import Series as Series
from physml.numerics.taylor import solve_taylor as solve_taylor
from physml.numerics.torus import Torus as Torus
