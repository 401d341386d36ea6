"""Dynamic mode decomposition of noisy snapshots: what the corrections are, and that they take the bias away."""

import math

import numpy as np
import pytest
import torch

from physml.koopman import Compression, ExactDMD, MeasurePreservingEDMD, forward_backward, hausdorff

CORRECTIONS = ["forward_backward", "total_least_squares"]
STEPS = np.arange(200)


def waves(first=0.3, second=1.1, rate=0.0, width=4):
    """Two oscillations seen in so many coordinates, and their eigenvalues."""
    t = STEPS[:, None]
    pairs = [np.cos(first * t), np.sin(first * t), np.cos(second * t), np.sin(second * t)]
    mixing = np.linalg.qr(np.random.default_rng(0).normal(size=(width, 4)))[0].T
    angles = np.array([first, -first, second, -second])
    return np.exp(rate * t) * np.hstack(pairs) @ mixing, np.exp(rate + 1j * angles)


@pytest.mark.parametrize("debias", CORRECTIONS)
def test_without_noise_they_change_nothing(debias):
    states, eigenvalues = waves(rate=-0.003, width=30)
    plain, corrected = ExactDMD(4).fit(states), ExactDMD(4, debias).fit(states)
    assert hausdorff(corrected.eigenvalues_, eigenvalues) < 1e-12
    assert hausdorff(corrected.eigenvalues_, plain.eigenvalues_) < 1e-10
    np.testing.assert_allclose(corrected.predict(states[:1], 100)[0], states[100], atol=1e-10)


@pytest.mark.parametrize("second", [1.1, math.pi / 2], ids=["apart", "of opposite sign"])
def test_noise_shrinks_eigenvalues_and_corrections_do_not(second):
    """At pi / 2 the eigenvalues are i and -i, of which the square does not know the sign."""
    states, eigenvalues = waves(second=second)
    noise = 0.3 * np.random.default_rng(1).normal(size=(20, *states.shape))
    shrinkage, distance = {}, {}
    for debias in ("none", *CORRECTIONS):
        found = [ExactDMD(4, debias).fit(states + draw).eigenvalues_ for draw in noise]
        shrinkage[debias] = np.mean(np.log(np.abs(found)))
        distance[debias] = np.mean([hausdorff(values, eigenvalues) for values in found])
    assert shrinkage["none"] == pytest.approx(-math.log(1 + 0.3**2 / 0.5), abs=0.01)  # signals have variance 1 / 2
    for debias in CORRECTIONS:
        assert abs(shrinkage[debias]) < 1e-3
        assert distance[debias] < 0.1 * distance["none"]


@pytest.mark.parametrize("debias", CORRECTIONS)
def test_time_reversed_gives_the_inverse(debias):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 50, 3))
    y = x @ rng.normal(size=(3, 3)) + 0.1 * y
    there, back = ExactDMD(debias=debias).fit(x, y), ExactDMD(debias=debias).fit(y, x)
    assert hausdorff(1 / there.eigenvalues_, back.eigenvalues_) < 1e-10
    assert hausdorff(1 / ExactDMD().fit(x, y).eigenvalues_, ExactDMD().fit(y, x).eigenvalues_) > 1e-3


def test_total_least_squares_needs_no_balance_of_states_and_successors():
    """Forwards and backwards have different biases where the states decay within the step."""
    rng = np.random.default_rng(3)
    errors = {debias: [] for debias in ("none", *CORRECTIONS)}
    for _ in range(20):
        x = rng.normal(size=(3000, 2))
        y, x = 0.5 * x + 0.2 * rng.normal(size=x.shape), x + 0.2 * rng.normal(size=x.shape)
        for debias, found in errors.items():
            found.append(np.mean(ExactDMD(debias=debias).fit(x, y).eigenvalues_.real) - 0.5)
    bias = {debias: np.mean(found) for debias, found in errors.items()}
    assert bias["none"] == pytest.approx(0.5 / 1.04 - 0.5, abs=2e-3)
    assert bias["forward_backward"] == pytest.approx(math.sqrt(0.29 / 1.04) - 0.5, abs=2e-3)
    assert abs(bias["total_least_squares"]) < 2e-3


def test_forwards_and_backwards_is_unitary_for_an_isometry():
    rng = np.random.default_rng(4)
    columns = torch.from_numpy(np.linalg.qr(rng.normal(size=(9, 5)) + 1j * rng.normal(size=(9, 5)))[0])
    section = Compression.of_section(columns)
    unitary = MeasurePreservingEDMD().fit_compression(section).frame_matrix_
    torch.testing.assert_close(forward_backward(section), unitary, rtol=0, atol=1e-12)


def test_the_mean_of_both_directions_solves_its_equation():
    """X A_f^{-1} X = A_b^{-1}, whose solution is called the geometric mean."""
    section = Compression.of_section(torch.from_numpy(np.random.default_rng(5).normal(size=(7, 4))))
    A, stacked = section.matrix, section.stacked()
    mean, backward = forward_backward(section), torch.linalg.solve(stacked.mH @ stacked, A.mH)
    torch.testing.assert_close(mean @ torch.linalg.solve(A, mean) @ backward, torch.eye(4).double(), rtol=0, atol=1e-9)


def test_a_corrected_forecast_keeps_its_amplitude():
    states, _ = waves()
    noisy = states + 0.3 * np.random.default_rng(6).normal(size=states.shape)
    sizes = {debias: np.abs(ExactDMD(4, debias).fit(noisy).predict(states[:1], 50)).max() for debias in CORRECTIONS}
    assert np.abs(ExactDMD(4).fit(noisy).predict(states[:1], 50)).max() < 0.01
    assert min(sizes.values()) > 0.3
