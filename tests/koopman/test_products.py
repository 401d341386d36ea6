"""Products of samples give what their factorisation gives, as far as squares can."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from physml.koopman import (
    EDMD,
    FourierDictionary,
    MeasurePreservingEDMD,
    MonomialDictionary,
    ResDMD,
    compress,
    compress_products,
)


def pieces(seed: int, size: int, functions: torch.dtype, states: torch.dtype):
    """Samples of functions, their images and states, in parts of unequal length, and positive weights."""
    generator = torch.Generator().manual_seed(seed)
    columns = ((size, functions), (size, functions), (2, states))
    parts = [tuple(torch.randn(n, k, dtype=d, generator=generator) for k, d in columns) for n in (50, 7, 30)]
    return parts, torch.rand(87, dtype=torch.float64, generator=generator) + 0.1


DTYPES = st.sampled_from([torch.float64, torch.complex128])


@given(st.integers(0, 10**6), st.integers(1, 9), DTYPES, DTYPES, st.booleans())
def test_products_are_the_factorisation(seed, size, functions, states, equal):
    parts, weights = pieces(seed, size, functions, states)
    weights = torch.full_like(weights, 0.3) if equal else weights
    ours, exact = compress_products(parts, weights), compress(parts, weights)
    turns = ours.to_frame.to(exact.to_frame) @ exact.from_frame  # a factorisation leaves phases free
    torch.testing.assert_close(turns.abs(), torch.eye(size).double(), rtol=0, atol=1e-9)
    for one, other in (
        (ours.matrix, turns @ exact.matrix @ turns.mH),
        (ours.remainder.mH @ ours.remainder, turns @ exact.remainder.mH @ exact.remainder @ turns.mH),
        (ours.observables, turns @ exact.observables),
        (ours.unresolved, exact.unresolved),
    ):
        torch.testing.assert_close(one.to(other.dtype), other, rtol=0, atol=1e-8)
    assert ours.condition == pytest.approx(exact.condition, rel=1e-6)


def test_estimators_take_either():
    x = np.arange(400)[:, None] / 400
    for make in (EDMD, ResDMD, MeasurePreservingEDMD):
        exact, ours = (make(FourierDictionary(2), assembly=a).fit(x, (x + 0.3) % 1) for a in ("qr", "products"))
        np.testing.assert_allclose(
            np.sort(np.angle(ours.eigenvalues_)), np.sort(np.angle(exact.eigenvalues_)), atol=1e-9
        )
        assert exact.residuals_.max() < 1e-13 and ours.residuals_.max() < 1e-6
    assert ours.get_params()["assembly"] == "products"


def test_doubtful_residuals_are_announced_and_dependent_functions_refused():
    x = np.random.default_rng(0).uniform(2, 3, size=(400, 1))
    with pytest.warns(UserWarning, match=r"residuals below 0\.\d+ are not certain: .*use assembly='qr'"):
        EDMD(MonomialDictionary(5), assembly="products").fit(x, x)
    with pytest.raises(ValueError, match=r"not positive definite.*assembly='qr'"):
        EDMD(assembly="products").fit(np.hstack([x, x]), np.hstack([x, x]))
    with pytest.raises(ValueError, match="no assembly 'svd'; there are qr, products"):
        EDMD().set_params(assembly="svd").fit(x, x)
