"""Decaying turbulence on a torus until T = 2: the catalog's problem, twice as long (wang2024causal, figures 26, 27)."""

import dataclasses
import functools

import numpy as np

from physml.catalog import find, run_file
from physml.problem import Domain

END, TIMES = 2.0, np.arange(51) / 25
TORUS = run_file(find("navier_stokes_torus"))
TIME, *SPACE = TORUS.problem.domain.axes

problem = TORUS.problem.replace(
    name="navier_stokes_longer",
    title="Navier-Stokes equations on a torus until T = 2",
    domain=Domain((dataclasses.replace(TIME, high=END), *SPACE)),
    reference=dataclasses.replace(TORUS.problem.reference, solve=functools.partial(TORUS.solution, times=TIMES)),
    published=(),
)
