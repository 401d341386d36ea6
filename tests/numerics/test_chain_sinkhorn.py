"""Chains: messages give what the whole tensor gives; limits in which the chain is a two-marginal problem."""

import itertools
import math

import pytest
import torch

from physml.numerics import ChainSinkhorn, ConvergenceWarning, sinkhorn_log

SIZES = (4, 5, 3, 6)


@pytest.fixture
def kernels(generator):
    return [torch.randn(n, m, generator=generator, dtype=torch.float64) for n, m in itertools.pairwise(SIZES)]


@pytest.fixture
def weights(generator):
    drawn = [torch.rand(n, generator=generator, dtype=torch.float64) + 0.1 for n in SIZES]
    return [w / w.sum() for w in drawn]


def brute_force(kernels, marginals, rounds=3_000):
    """Scalings of the whole tensor."""
    tensor = torch.einsum("ab,bc,cd->abcd", *(k.exp() for k in kernels))
    for _ in range(rounds):
        for i, mu in enumerate(marginals):
            if mu is not None:
                shape = [-1 if j == i else 1 for j in range(4)]
                tensor = tensor * (mu / tensor.sum([j for j in range(4) if j != i])).reshape(shape)
    return tensor


@pytest.mark.parametrize("given", [(0, 1, 2, 3), (0, 3), (1,), (0, 2), (1, 2)])
def test_the_chain_is_the_tensor(kernels, weights, given):
    marginals = [w if i in given else None for i, w in enumerate(weights)]
    chain, tensor = ChainSinkhorn(kernels, marginals, tolerance=1e-15), brute_force(kernels, marginals)
    for i in range(4):
        torch.testing.assert_close(chain.marginal(i), tensor.sum([j for j in range(4) if j != i]), rtol=0, atol=1e-14)
    for i in range(3):
        torch.testing.assert_close(
            chain.pair(i), tensor.sum([j for j in range(4) if j not in (i, i + 1)]), rtol=0, atol=1e-14
        )


def test_with_all_marginals_the_pairs_are_independent(kernels, weights):
    chain = ChainSinkhorn(kernels, weights, tolerance=1e-14)
    plans = [
        sinkhorn_log(-k, a, b, tolerance=1e-14).plan()
        for k, (a, b) in zip(kernels, itertools.pairwise(weights), strict=True)
    ]
    for i, plan in enumerate(plans):
        torch.testing.assert_close(chain.pair(i), plan, rtol=0, atol=1e-14)
    markov = torch.einsum("ab,b,bc,c,cd->abcd", plans[0], 1 / weights[1], plans[1], 1 / weights[2], plans[2])
    torch.testing.assert_close(markov, brute_force(kernels, weights), rtol=0, atol=1e-14)


def test_free_states_between_two_given_ones_only_compose_the_kernels(kernels, weights):
    chain = ChainSinkhorn(kernels, [weights[0], None, None, weights[3]], tolerance=1e-14)
    whole = torch.linalg.multi_dot([k.exp() for k in kernels])
    plan = sinkhorn_log(-whole.log(), weights[0], weights[3], tolerance=1e-14).plan()
    torch.testing.assert_close(chain.marginal(0), plan.sum(1), rtol=0, atol=1e-14)
    ends = torch.linalg.multi_dot(
        [chain.pair(0), (chain.pair(1) / chain.marginal(1)[:, None]), chain.pair(2) / chain.marginal(2)[:, None]]
    )
    torch.testing.assert_close(ends, plan, rtol=0, atol=1e-14)


def test_kernels_of_any_range(weights, kernels):
    far = [1_000 * (k - 5) for k in kernels]
    with pytest.warns(ConvergenceWarning, match="after 20 rounds"):
        chain = ChainSinkhorn(far, weights, max_rounds=20)
    assert chain.marginal(1).isfinite().all() and chain.rounds == 20 and not chain.converged
    assert ChainSinkhorn([k / 100 - 1e5 for k in far], weights).converged


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda k, w: (k[:2], w), "one marginal more than kernels; given 2 and 4"),
        (lambda k, w: ([k[0], k[2], k[1]], w), "log kernel 1 of shape"),
        (lambda k, w: ([k[0], k[1] * math.nan, k[2]], w), "log kernel 1 has numbers"),
        (lambda k, w: (k, [w[0], w[2], w[1], w[3]]), "5 finite weights"),
        (lambda k, w: (k, [w[0], -w[1], None, None]), "weights >= 0 for the marginal 1"),
        (lambda k, w: (k, [w[0], 2 * w[1], None, None]), "one mass"),
        (lambda k, w: (k, [None] * 4), "at least one"),
    ],
)
def test_bad_input_is_named(kernels, weights, change, message):
    with pytest.raises(ValueError, match=message):
        ChainSinkhorn(*change(kernels, weights))
