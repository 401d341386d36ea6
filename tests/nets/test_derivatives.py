"""Every network goes through jets unchanged: its derivatives are those of nested autograd."""

import pytest
import torch

from physml.nets import (
    MLP,
    EmbeddedAnsatz,
    Embedding,
    FourierFeatures,
    ModifiedMLP,
    PirateNet,
    RandomWeightFactorisation,
)
from physml.pinn.terms import residual_term
from physml.problem import PDE, Axis, Domain

AXES = (Axis("t", 0.0, 1.0), Axis("x", -1.0, 1.0, periodic=True))
PROBLEM = PDE(
    name="all",
    title="Derivatives",
    equation="",
    domain=Domain(AXES),
    residual=lambda u, p: {"value": u.value, "t": u.t, "tt": u.tt, "tx": u.tx, "xx": u.xx, "xxxx": u.xxxx},
)
EVERYTHING = {"features": FourierFeatures(6, scale=0.5), "factorisation": RandomWeightFactorisation(used=True)}


@pytest.mark.parametrize("activation", ["tanh", "sin", "silu"])
@pytest.mark.parametrize("extra", [{}, EVERYTHING], ids=["plain", "features and factors"])
@pytest.mark.parametrize("kind", [MLP, ModifiedMLP, PirateNet])
def test_derivatives_by_jets_are_those_by_autograd(kind, extra, activation, generator):
    more = {"alpha": 0.4} if kind is PirateNet else {}
    settings = kind(width=5, depth=2, activation=activation, **extra, **more)
    embedding = Embedding(AXES, modes=2)
    network = settings.build(embedding.size, 1, generator).to(torch.float64)
    terms = [residual_term(PROBLEM, EmbeddedAnsatz(network, embedding), engine) for engine in ("jets", "autograd")]
    points = torch.rand(4, 2, generator=generator, dtype=torch.float64)
    by_jets, oracle = (term(dict(term.ansatz.named_parameters()), term.prepare(points)) for term in terms)
    assert ((by_jets - oracle).abs() <= 1e-12 * oracle.abs().amax(0).clamp_min(1.0)).all()
