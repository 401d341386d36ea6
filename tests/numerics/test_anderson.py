"""Anderson acceleration of a linear iteration."""

import pytest
import torch

from physml.numerics import Anderson


def test_a_linear_iteration_in_n_dimensions_ends_after_n_differences(generator):
    matrix = torch.linalg.qr(torch.randn(4, 4, generator=generator, dtype=torch.float64))[0] * 0.95
    shift, x, scheme = torch.ones(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64), Anderson(4)
    for _ in range(6):
        x = scheme.propose(x, matrix @ x + shift)
    torch.testing.assert_close(x, torch.linalg.solve(torch.eye(4).double() - matrix, shift), rtol=1e-9, atol=1e-9)


def test_without_memory_it_is_the_plain_iteration():
    scheme, x = Anderson(0), torch.ones(2)
    for g in (torch.zeros(2), torch.full((2,), 3.0)):
        assert (scheme.propose(x, g) == g).all()
    with pytest.raises(ValueError, match="memory >= 0"):
        Anderson(-1)
