"""Products of compiled code against those of torch, in double precision."""

import pytest
import torch

from physml.diff.products import product


@pytest.mark.parametrize(
    "rows, inner, columns",
    [(40, 2, 8), (40, 8, 1), (4096, 96, 96), (4096, 96, 128)],
    ids=["from few", "to one", "tall", "tall, wider"],
)
def test_values_and_gradients(rows, inner, columns):
    generator = torch.Generator().manual_seed(0)
    matrices = [torch.randn(shape, generator=generator) for shape in ((rows, inner), (inner, columns))]
    weights = torch.randn(rows, columns, generator=generator)
    left, right = (m.clone().requires_grad_() for m in matrices)
    value = product(left, right)
    found = [value.detach(), *torch.autograd.grad((weights * value).sum(), (left, right))]
    a, b, w = (m.double() for m in (*matrices, weights))
    for ours, exact in zip(found, (a @ b, w @ b.mT, a.mT @ w), strict=True):
        assert float((ours - exact).norm() / exact.norm()) < 1e-6


@pytest.mark.parametrize("dtype, rows", [(torch.float64, 4096), (torch.float32, 64)], ids=["double", "small"])
def test_others_are_left_to_torch(dtype, rows):
    assert product(torch.ones(rows, 96, dtype=dtype), torch.ones(96, 96, dtype=dtype)) is NotImplemented
