"""A population that relaxes, in a family of our own: a problem file with snapshots."""

from functools import partial

import torch

from physml.dynamics import LinearFamily
from physml.numerics.euler_maruyama import covariance_rate, simulate
from physml.problem import SnapshotData, Snapshots


class Relaxation(LinearFamily):
    """Each of two states relaxes at its own rate towards a level of its own: rate_i (level_i - x_i)."""

    dimension = 2
    parameters = ("rate1", "rate2", "rate1 level", "rate2 level")

    def features(self, x, t):
        first, second = x.unbind(-1)
        one, none = torch.ones_like(first), torch.zeros_like(first)
        rows = [torch.stack([-first, none, one, none], -1), torch.stack([none, -second, none, one], -1)]
        return torch.stack(rows, -2)


TRUTH = {"rate1": 1.0, "rate2": 0.4, "rate1 level": 1.0, "rate2 level": 0.4}
SIGMA = 0.2


def law(p, times, count, seed):
    """Fresh draws of the process; with data that were measured, leave it out."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.tensor([3.0, -2.0]) + 0.2 * torch.randn(count, 2, generator=generator, dtype=torch.float64)
    drift = partial(Relaxation().drift, theta=Relaxation().theta(TRUTH))
    return simulate(drift, start, times, covariance_rate(SIGMA, 2), step=0.01, begin=0.0, generator=generator)


def snapshots(p, seed):
    """Here drawn, with another seed each time; data that were measured are read from a file."""
    times = [0.0, 0.5, 1.0, 1.5, 2.0]
    clouds = [cloud[100 * i : 100 * (i + 1)] for i, cloud in enumerate(law(p, times, 500, seed))]
    return SnapshotData(times, clouds, held_out=(1, 3))


problem = Snapshots(
    name="relaxation",
    title="Relaxation of two states",
    equation=r"dX_i = r_i (\ell_i - X_i)\,dt + \sigma\,dW_i",
    states=("x", "y"),
    family=Relaxation(),
    snapshots=snapshots,
    sigma=lambda p: SIGMA,
    law=law,
    truth=lambda p: TRUTH,
)
