"""Phases one after the other, and the fit of one's own module."""

import pytest
import torch
from torch import nn

from physml.optim import SOAP, Adam, LevenbergMarquardt, Phases, SSBroyden, fit, residual_block

X = torch.linspace(-1, 1, 30, dtype=torch.float64)[:, None]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1)).double()


def residual(net, x):
    return net(x) - torch.sin(3 * x)


def test_phases_are_their_optimisers_one_after_the_other(one_thread):
    settings = (Adam(steps=4), SOAP(steps=3), SSBroyden(steps=5), LevenbergMarquardt(steps=2))
    together, apart = network(), network()
    losses = fit(together, residual, X, settings)
    block, expected = residual_block(apart, residual, X), []
    for phase in settings:
        optimizer = phase.start(apart)
        expected += [optimizer.step([block])["loss"] for _ in range(phase.steps)]
    assert losses == expected
    assert all(torch.equal(a, b) for a, b in zip(together.parameters(), apart.parameters(), strict=True))


def test_a_saved_state_goes_on_in_its_phase(one_thread):
    settings, first, second = Phases((Adam(steps=4), LevenbergMarquardt(steps=5))), network(), network()
    optimizer, block = settings.start(first), residual_block(first, residual, X)
    for _ in range(6):
        optimizer.step([block])
    second.load_state_dict(first.state_dict())
    resumed, other = settings.start(second), residual_block(second, residual, X)
    resumed.load_state_dict(optimizer.state_dict())
    while not optimizer.finished:
        assert optimizer.step([block]) == resumed.step([other])
    assert resumed.finished
    with pytest.raises(RuntimeError, match="all 2 phases have ended"):
        resumed.step([other])


def test_residuals_that_name_columns_work_with_every_optimiser():
    """Functions written for batches only are evaluated sample by sample too."""

    def columns(net, data):
        return net(data["points"][:, :1])[:, 0] - data["target"]

    data = {"points": torch.cat([X, X], 1), "target": torch.sin(3 * X[:, 0])}
    assert fit(network(), columns, data, (LevenbergMarquardt(steps=30),))[-1] < 1e-6


def test_weights_and_the_callback():
    seen, weights = [], torch.zeros_like(X)
    weights[:3] = 1.0
    module = network()
    losses = fit(
        module, residual, X, (LevenbergMarquardt(steps=20),), weights=weights, callback=lambda *a: seen.append(a)
    )
    assert [step for step, _ in seen] == list(range(20))
    assert [report["loss"] for _, report in seen] == losses
    assert (residual(module, X)[:3].abs() < 1e-6).all()
    assert residual(module, X).abs().max() > 1e-2


@pytest.mark.parametrize(
    ("data", "function", "weights", "message"),
    [
        ({"x": X, "y": X[:4]}, lambda net, d: net(d["x"]), None, r"\[4, 30\] samples; expected one number"),
        (X, lambda net, x: net(x).sum(), None, r"residual has shape \(\); expected \(30,\) or \(30, k\)"),
        (X, residual, torch.ones(4), r"weights have shape \(4,\); expected that of the residual"),
    ],
)
def test_what_does_not_fit_together_is_refused(data, function, weights, message):
    with pytest.raises(ValueError, match=message):
        residual_block(network(), function, data, weights)
