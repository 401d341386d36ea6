"""Families of drifts: Jacobians, fits that find the truth, and what the data do not determine."""

import math
import warnings

import pytest
import torch

from physml.dynamics import (
    AffineDrift,
    EllipticVortex,
    FitWarning,
    GradientField,
    Increments,
    LambOseen,
    LinearFamily,
    LotkaVolterra,
    NeuralDrift,
    PolynomialDrift,
    Repressilator,
)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


FAMILIES = {
    "affine": (AffineDrift(2), tensor(-0.3, 1.5, -1.5, -0.2, 0.2, -0.1)),
    "predators and prey": (LotkaVolterra(), tensor(1.0, 0.4, 0.4, 0.1)),
    "elliptic vortex": (EllipticVortex(), tensor(-0.5, 0.1, -0.8, 0.3)),
    "vortex with a core": (LambOseen(), tensor(0.28, 0.1, 0.5, -0.9)),
    "gene circuit": (Repressilator(), tensor(10.0, 3.0, 1.0, 1.0).log()),
    "polynomial": (PolynomialDrift(2, 2), torch.linspace(-1, 1, 12, dtype=torch.float64)),
    "gradient": (GradientField(2, 3), torch.linspace(-1, 1, 9, dtype=torch.float64)),
    "network": (NeuralDrift(2, width=8), None),
    "potential network": (NeuralDrift(2, width=8, potential=True), None),
}


def states(family, count=40, seed=0):
    return 0.5 + torch.rand(count, family.dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(params=FAMILIES)
def family_and_theta(request):
    family, theta = FAMILIES[request.param]
    return family, family.first(torch.zeros(1, dtype=torch.float64)) if theta is None else theta


def exact_increments(family, theta, x, noise=0.0):
    """Steps without noise, or with some; the precision is not a multiple of the identity."""
    d = family.dimension
    generator = torch.Generator().manual_seed(1)
    velocities = family.drift(x, 0.0, theta) + noise * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    precision = torch.eye(d, dtype=x.dtype) + 0.2
    weights = torch.linspace(0.5, 1.5, len(x), dtype=x.dtype)
    return Increments(x, torch.zeros(len(x), dtype=x.dtype), velocities, precision, weights)


def test_jacobians_are_those_of_reverse_differentiation(family_and_theta):
    family, theta = family_and_theta
    x = states(family, 5)
    rows = [torch.autograd.functional.jacobian(lambda y: family.drift(y, 0.0, theta), row) for row in x]
    expected = torch.stack(rows)
    torch.testing.assert_close(family.jacobian(x, 0.0, theta), expected, rtol=1e-10, atol=1e-12)


def test_a_drift_takes_states_of_any_leading_shape(family_and_theta):
    family, theta = family_and_theta
    x = states(family, 12)
    whole = family.drift(x, 0.0, theta)
    torch.testing.assert_close(family.drift(x.reshape(3, 4, -1), 0.0, theta).reshape(12, -1), whole)


def test_a_linear_family_is_its_features_times_its_parameters(family_and_theta):
    family, theta = family_and_theta
    if not isinstance(family, LinearFamily):
        pytest.skip("not linear in its parameters")
    x = states(family)
    torch.testing.assert_close(family.features(x, 0.0) @ theta, family.drift(x, 0.0, theta))


def test_a_fit_to_increments_without_noise_finds_the_truth(family_and_theta):
    family, theta = family_and_theta
    if isinstance(family, NeuralDrift):
        pytest.skip("a network has many parameters for one drift")
    found = family.fit(exact_increments(family, theta, states(family, 200)))
    torch.testing.assert_close(found, theta, rtol=1e-6, atol=1e-7)


def test_a_fit_with_noise_is_the_minimum_of_its_weighted_squares(family_and_theta):
    family, theta = family_and_theta
    if isinstance(family, NeuralDrift):
        pytest.skip("trained in batches, which ends near a minimum only")
    data = exact_increments(family, theta, states(family, 200), noise=0.3)

    def loss(p):
        miss = data.velocities - family.drift(data.states, data.times, p)
        return (data.weights * ((miss @ data.precision) * miss).sum(-1)).sum()

    found = family.fit(data, theta)
    gradient = torch.func.grad(loss)(found)
    assert float(gradient.abs().max()) < 1e-4 * float(loss(found))
    assert float(loss(found)) <= float(loss(theta))


def test_pieces_of_a_design_make_the_whole_one():
    family, theta = FAMILIES["affine"]
    data = exact_increments(family, theta, states(family, 50), noise=0.1)
    whole, pieces = list(data.pieces(100)), list(data.pieces(7))
    assert len(pieces) == 8
    for one, parts in zip(whole[0], zip(*pieces, strict=True), strict=True):
        torch.testing.assert_close(torch.cat(parts), one)


def test_what_the_data_do_not_determine_is_named():
    family, theta = FAMILIES["predators and prey"]
    predators_only = states(family, 50) * tensor(0.0, 1.0)
    with pytest.warns(FitWarning, match="alpha, beta, delta"):
        found = family.fit(exact_increments(family, theta, predators_only))
    torch.testing.assert_close(found, tensor(0.0, 0.0, 0.4, 0.0))


def test_named_parameters_are_as_people_know_them_and_back():
    family, theta = FAMILIES["gene circuit"]
    named = family.named(theta)
    assert named["beta"] == pytest.approx(10.0) and named["n"] == pytest.approx(3.0)
    torch.testing.assert_close(family.theta(named), theta)


def test_the_core_of_a_vortex_turns_by_its_spin_and_its_far_field_is_that_of_a_line_vortex():
    family, (x0, y0, ell, spin) = LambOseen(), FAMILIES["vortex with a core"][1]
    theta, centre = FAMILIES["vortex with a core"][1], torch.stack([x0, y0])
    rotation = tensor([0.0, -1.0], [1.0, 0.0])
    torch.testing.assert_close(family.jacobian(centre[None], 0.0, theta)[0], spin * rotation, rtol=1e-7, atol=1e-9)
    far = centre + tensor(30.0, 0.0)
    circulation = spin * torch.exp(2 * ell) / 30.0
    torch.testing.assert_close(family.drift(far[None], 0.0, theta)[0], tensor(0.0, circulation))
    assert math.isfinite(float(family.drift(centre[None], 0.0, theta).sum()))


def test_gradient_fields_have_symmetric_jacobians():
    family, theta = FAMILIES["gradient"]
    jacobian = family.jacobian(states(family, 6), 0.0, theta)
    torch.testing.assert_close(jacobian, jacobian.mT)


def test_a_potential_network_has_a_symmetric_jacobian():
    family = FAMILIES["potential network"][0]
    jacobian = family.jacobian(states(family, 6), 0.0, family.first(torch.zeros(1, dtype=torch.float64)))
    torch.testing.assert_close(jacobian, jacobian.mT)
    assert float(jacobian.abs().max()) > 1e-3


def test_a_network_learns_a_linear_drift():
    truth = AffineDrift(2)
    data = exact_increments(truth, FAMILIES["affine"][1], 2 * states(truth, 500) - 2)
    family = NeuralDrift(2, width=16, steps=400, batch=200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theta = family.fit(data)
    miss = family.drift(data.states, 0.0, theta) - data.velocities
    assert float(miss.square().mean()) < 0.01 * float(data.velocities.var())


def test_a_linear_family_of_ones_own_needs_its_features_only():
    class Decay(LinearFamily):
        dimension, parameters = 1, ("rate",)

        def features(self, x, t):
            return -x[..., None]

    data = exact_increments(Decay(), tensor(3.0), states(Decay()))
    torch.testing.assert_close(Decay().fit(data), tensor(3.0))
