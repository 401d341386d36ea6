"""Ordinary differential equations: time is the only axis, and the start holds exactly."""

import math

import numpy as np
import pytest
import torch

import physml
from physml.pinn import MLP, PINN, LevenbergMarquardt, Sampling, Windows
from physml.problem import PDE, Axis, Condition, Domain
from physml.train import Quiet

METHOD = PINN(
    network=MLP(width=10, depth=1),
    windows=Windows(4),
    sampling=Sampling(count=40, candidates=1),
    phases=(LevenbergMarquardt(steps=25),),
)


@pytest.fixture(scope="module")
def oscillator():
    return PDE(
        name="oscillator",
        title="Oscillator",
        equation="x' = v, v' = -x",
        domain=Domain((Axis("t", 0.0, math.pi),)),
        residual=lambda x, v, p: {"x": x.t - v, "v": v.t + x},
        conditions=(
            Condition("initial x", "t", 0.0, lambda points, p: 1.0, quantity=lambda x, v: x.value),
            Condition("initial v", "t", 0.0, lambda points, p: 0.0, quantity=lambda x, v: v.value),
        ),
        fields=("x", "v"),
    )


@pytest.fixture(scope="module")
def result(oscillator):
    return physml.solve(oscillator, METHOD, tracker=Quiet())


def test_an_oscillator_turns(result):
    t = np.linspace(0, math.pi, 41)
    found = result.predict(t=t)
    np.testing.assert_allclose(found.x, np.cos(t), atol=1e-5)
    np.testing.assert_allclose(found.v, -np.sin(t), atol=1e-5)


def test_start_and_windows_join_exactly(oscillator):
    method = PINN(network=MLP(width=5, depth=1), windows=Windows(2), phases=(LevenbergMarquardt(steps=2),))
    process = method.start(oscillator, seed=0, device=torch.device("cpu"), dtype=torch.float64)
    assert process.candidates.hard
    while not process.finished:
        process.step()
    first, second = process.pieces
    joint = torch.tensor([[math.pi / 2]], dtype=torch.float64)
    torch.testing.assert_close(first.evaluate(0 * joint), torch.tensor([[1.0, 0.0]], dtype=torch.float64))
    torch.testing.assert_close(first.evaluate(joint), second.evaluate(joint), rtol=0, atol=0)
