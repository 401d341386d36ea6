"""A case that is run in a moment."""

import pytest

from physml.paper import Case
from physml.pinn import MLP, PINN, LevenbergMarquardt, Sampling


@pytest.fixture
def case(tiny_file, without_report) -> Case:
    method = PINN(
        network=MLP(width=4, depth=1),
        modes=1,
        phases=(LevenbergMarquardt(steps=4),),
        sampling=Sampling(count=40, period=2),
        series_modes=16,
    )
    return Case("small", str(tiny_file), method, answers="PINN", seeds=(0, 1), budget="smoke")
