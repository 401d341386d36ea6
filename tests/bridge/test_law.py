"""What a law of paths gives is the same in each call, unless a generator says otherwise."""

import pytest
import torch

from physml.bridge import Reference, StaticBridge
from physml.dynamics import AffineDrift
from physml.problem import SnapshotData


@pytest.fixture
def law():
    clouds = [torch.randn(40, 1, generator=torch.Generator().manual_seed(i)) + i for i in range(3)]
    reference = Reference(AffineDrift(1), None, torch.eye(1, dtype=torch.float64))
    return StaticBridge().bridge(reference, SnapshotData(range(3), clouds), torch.Generator())


def test_draws_without_a_generator_do_not_depend_on_the_global_one(law):
    draws = {
        "trajectories": lambda: law.sample_trajectories(7).states,
        "between two steps": lambda: law.sample_trajectories(7).at(0.333),
        "marginal": lambda: law.marginal(0.333, 7),
        "forecast": lambda: law.forecast([2.5], 7),
    }
    for name, draw in draws.items():
        torch.manual_seed(1)
        first = draw()
        torch.manual_seed(2)
        assert torch.equal(draw(), first), name


def test_a_generator_goes_on(law):
    generator = torch.Generator().manual_seed(3)
    assert not torch.equal(law.forecast([2.5], 7, generator), law.forecast([2.5], 7, generator))
    assert not torch.equal(law.marginal(0.333, 7, generator), law.marginal(0.333, 7, generator))
