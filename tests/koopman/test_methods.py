"""Spectra by methods: what they return on systems whose spectra are known, and that they resume exactly."""

import dataclasses
import math

import numpy as np
import pytest
import torch
import xarray as xr

import physml
from physml import koopman
from physml.koopman import (
    Circle,
    Delays,
    EDMDSpectrum,
    Fourier,
    FourierTimes,
    MeasurePreservingSpectrum,
    MomentMeasure,
    Plane,
    RAGESplit,
    ResDMDSpectrum,
)
from physml.problem import DynamicalSystem, FlowData, HeldOut, ProblemError
from physml.train import Quiet

COARSE = Plane(step=0.5)


def metrics(name, method, **params):
    return physml.solve(physml.load(name).replace(**params), method, tracker=Quiet()).metrics


def test_spurious_eigenvalues_of_the_doubling_map_are_returned_by_edmd_only():
    edmd = metrics("doubling_map", EDMDSpectrum(Fourier(20), COARSE))
    resdmd = metrics("doubling_map", ResDMDSpectrum(Fourier(20), COARSE))
    assert (edmd["points"], edmd["spurious"]) == (41, 40)
    assert (resdmd["points"], resdmd["spurious"]) == (1, 0)
    assert edmd["distance from spectrum"] > 0.99
    assert resdmd["worst residual"] < 1e-13


@pytest.mark.parametrize("name", ["circle_rotation", "doubling_map"])
def test_levels_are_those_of_the_closed_form(name):
    assert metrics(name, EDMDSpectrum(Fourier(20), Plane(step=0.25)))["level error"] < 1e-12


def test_a_linear_map_has_products_of_its_eigenvalues_only():
    found = metrics("linear_map", ResDMDSpectrum(koopman.Monomials(4), COARSE))
    assert found["points"] == 15
    assert found["distance from spectrum"] < 1e-11


def test_the_density_of_the_cat_map_by_moments():
    method = MeasurePreservingSpectrum(plane=COARSE, measure=MomentMeasure(40))
    found = metrics("cat_map", method, functions=50.0)
    assert found["density error"] < 1e-10
    assert found["moment error"] < 1e-14
    assert found["W1"] < 2 / 50


def test_the_density_of_rogers_and_szego_to_high_order():
    rational = koopman.RationalMeasure(eps=0.05, order=6)
    found = metrics("rogers_szego", EDMDSpectrum(plane=COARSE, angles=21, measure=rational), functions=300.0)
    assert found["density error"] < 4e-6
    found = metrics("rogers_szego", EDMDSpectrum(plane=COARSE, angles=21), functions=300.0)
    assert found["density error"] < 64 * 4e-6  # twice as wide


def test_a_measure_with_jumps_converges_against_smooth_functions():
    problem = physml.load("shift_indicator").replace(functions=75.0)
    rule = koopman.gauss_legendre(-1.0, 1.0, 40)
    exact = rule.weights.numpy() @ problem.test_function(rule.points[:, 0].numpy()) / (2 * math.pi)
    assert exact == pytest.approx(-0.023176565271898, abs=1e-15)

    def weak_error(count, filter):
        measure = MomentMeasure(count, filter)
        method = EDMDSpectrum(plane=Plane(step=1.0), angles=101, measure=measure)
        result = physml.solve(problem, method, tracker=Quiet())
        found = np.trapezoid(problem.test_function(result.data.angle) * result.data.density, result.data.angle)
        assert result.metrics["weak error"] == pytest.approx(abs(found / exact - 1), abs=1e-12)
        return result.metrics["weak error"]

    assert weak_error(50, "bump") < 1e-11
    assert math.log2(weak_error(25, "fejer") / weak_error(50, "fejer")) == pytest.approx(1, abs=0.05)
    assert math.log2(weak_error(25, "cosine") / weak_error(50, "cosine")) == pytest.approx(2, abs=0.1)


def test_integrals_of_measures_know_left_from_right():
    """The measure of the cat map's observable is not symmetric, nor is this test function."""
    problem = physml.load("cat_map").replace(functions=50.0)
    slanted = dataclasses.replace(problem, test_function=lambda theta: np.exp(np.sin(theta) + np.cos(2 * theta)))
    method = EDMDSpectrum(plane=COARSE, angles=101, measure=MomentMeasure(40))
    assert physml.solve(slanted, method, tracker=Quiet()).metrics["weak error"] < 1e-12


def test_seasons_and_slow_modes_are_found_in_noise():
    """With delays; at one time nothing tells whether the edge of the ice comes or goes."""
    problem = physml.load("sea_ice_synthetic")
    settings = {"plane": Plane(step=1.0), "kappa": 0.01, "tolerance": 0.05}
    result = physml.solve(problem, ResDMDSpectrum(koopman.POD(8, delays=12), **settings), tracker=Quiet())
    assert result.metrics["points"] == 8
    assert max(result.metrics["distance from spectrum"], result.metrics["missed spectrum"]) < 1e-3
    for other in ("climatology", "persistence"):
        assert (result.data["forecast_error"] < result.data[other]).all()
    assert result.metrics["forecast error"] < 1.02 * problem.params.noise
    alone = metrics(problem.name, EDMDSpectrum(koopman.POD(8), Plane(step=1.0)))
    assert alone["missed spectrum"] > 0.3
    assert alone["forecast error"] > max(alone["climatology"], alone["persistence"])


def test_polynomials_see_the_multipliers_of_the_lorenz_systems_saddle():
    for degree, points in ((2.0, 5), (4.0, 23)):
        method = ResDMDSpectrum(plane=Plane(step=1.0), kappa=0.01, tolerance=1e-3)
        found = metrics("lorenz_hermite", method, degree=degree, level=degree + 4)
        assert found["points"] == points
        assert found["distance from spectrum"] < 1e-3


def test_residuals_of_polynomials_fall_wherever_they_are_looked_at():
    """So that small ones single out nothing: the whole disc of radius 1.407 is eigenvalues."""
    problem, z = physml.load("lorenz_hermite"), torch.tensor([0.9, 1.3j, -1.0, -1.4, 1.8]).to(torch.complex128)
    before = torch.full((5,), torch.inf)
    for degree in (2.0, 4.0, 6.0):
        columns = problem.replace(degree=degree, level=degree + 4).data().columns
        levels = koopman.pseudospectrum(koopman.Compression.of_section(columns), z)
        assert (levels < 0.75 * before).all()
        before = levels


def test_entries_converge_exponentially_in_the_level_of_the_sparse_grid():
    """To those of full Gauss-Hermite grids, which have no negative weights."""
    problem = physml.load("lorenz_hermite").replace(degree=3.0)
    functions = problem.samples.__globals__
    rule = koopman.gauss_hermite(3, 16)
    images = functions["flow"](lambda s: functions["field"](s, problem.params), rule.points, problem.dt, 50)
    rows, columns = functions["hermite"](rule.points, 7), functions["hermite"](images, 3)
    exact = rows.mT @ (rule.weights[:, None] * columns)
    errors = [
        float((problem.replace(level=level).data().columns - exact).abs().max()) for level in (4.0, 5.0, 6.0, 7.0)
    ]
    assert errors[1] < 1e-2 * errors[0]
    assert errors[2] < 1e-2 * errors[1]
    assert errors[3] < 1e-9


def test_the_distance_of_measures_is_that_of_unitary_matrices_only():
    distances = []
    for functions in (25.0, 50.0):
        distances.append(metrics("rogers_szego", MeasurePreservingSpectrum(plane=COARSE), functions=functions)["W1"])
        assert distances[-1] < math.pi / (2 * functions)
    assert distances[1] < 0.7 * distances[0]
    assert "W1" not in metrics("rogers_szego", EDMDSpectrum(plane=COARSE), functions=25.0)


def test_half_of_the_skew_product_is_discrete():
    assert metrics("skew_product", RAGESplit(delays=80))["discrete part error"] < 0.01


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0, 0.998, 1.001), (0.5, 0.42, 0.52), (1.0, 0.0, 0.06)])
def test_signals_of_a_cavity_are_split(noise, low, high):
    assert low < metrics("cavity_rage", RAGESplit(delays=20, stride=10), noise=noise)["discrete part"] < high


def test_a_hidden_twist_gives_the_data_of_the_identity_and_half_of_the_truth():
    problem = physml.load("adversarial_disc")
    identity = problem.replace(amplitude=0.0)
    assert torch.equal(problem.data().blocks[0], identity.data().blocks[0])
    found = metrics("adversarial_disc", ResDMDSpectrum(FourierTimes(2, 3, "legendre"), COARSE))
    assert found["worst residual"] < 1e-12
    assert found["distance from spectrum"] < 1e-12  # what is returned is true
    assert found["missed spectrum"] == pytest.approx(2.0, abs=1e-3)  # and not all of the truth


def test_a_twist_that_is_seen_lowers_the_levels():
    z = {"real": math.cos(1.0), "imaginary": math.sin(1.0)}
    problem = physml.load("adversarial_disc").replace(hidden=0.0)
    found = []
    for waves, degree in ((4, 5), (8, 9)):
        method = EDMDSpectrum(FourierTimes(waves, degree, "legendre"), COARSE, angles=2)
        found.append(float(physml.solve(problem, method, tracker=Quiet()).predict(**z).level[0, 0]))
    assert found == pytest.approx([0.336, 0.183], abs=6e-4)


def test_delays_on_an_invariant_set_find_the_circle():
    """The level of n delays of a mixing or turning system is about pi / (n + 1)."""
    method = ResDMDSpectrum(Delays(30, of="observable"), COARSE, search=Circle(0.01), tolerance=1.0)
    found = metrics("duffing_invariant", method, starts=400.0, length=100.0)
    assert found["mean level"] == pytest.approx(math.pi / 31, rel=0.1)
    assert found["missed spectrum"] < 0.3


def test_the_wake_is_a_lattice_of_powers():
    found = metrics("cylinder_wake", ResDMDSpectrum(koopman.POD(23), COARSE))
    assert found["points"] == 23
    assert max(found["distance from spectrum"], found["missed spectrum"]) < 1e-6


def test_the_pendulum_turns_with_known_moments():
    """Delays see as many moments as there are of them, here up to the eighth."""
    method = EDMDSpectrum(Delays(8, of="observable"), COARSE, angles=5)
    assert metrics("pendulum", method, energies=30.0, phases=24.0, length=9.0)["moment error"] < 1e-5
    known = physml.load("pendulum").moments(physml.load("pendulum").params, 7)
    quoted = [4 * math.pi, 7.79338003, 1.55294717, -0.79797251, -0.18382665, 1.84248554, 4.43695096]
    np.testing.assert_allclose(known, quoted, atol=1e-7)


def test_the_pendulums_moments_converge_exponentially_in_the_number_of_energies():
    problem = physml.load("pendulum").replace(phases=24.0, length=9.0)
    known, errors = problem.moments(problem.params, 9), []
    for count in (10.0, 20.0, 40.0):
        data = problem.replace(energies=count).data()
        values = problem.observable(data.blocks[0].flatten(0, 1)).unflatten(0, data.blocks[0].shape[:2])
        found = (data.weights[:, None] * values * values[:, :1].conj()).sum(0).numpy()
        errors.append(np.abs(found - known).max() / known[0].real)
    assert errors[1] < errors[0] / 30
    assert errors[2] < errors[1] / 30


def test_a_run_that_is_taken_up_again_ends_with_the_same_bits(tmp_path):
    problem, method = physml.load("doubling_map"), ResDMDSpectrum(Fourier(6), COARSE)
    whole = physml.solve(problem, method, tracker=Quiet())
    device = torch.device("cpu")
    first = method.start(problem, seed=0, device=device, dtype=torch.float64)
    for _ in range(4):
        first.step()
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = method.start(problem, seed=0, device=device, dtype=torch.float64)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    while not second.finished:
        second.step()
    xr.testing.assert_identical(second.findings().data, whole.data)
    assert second.findings().metrics == whole.metrics


def test_a_saved_run_opens_with_its_pseudospectrum(tmp_path):
    result = physml.solve("cat_map", EDMDSpectrum(plane=COARSE, angles=5), tracker=Quiet(), output=tmp_path / "run")
    opened = physml.open_run(tmp_path / "run")
    place = {"real": [0.3, 1.2], "imaginary": [0.5]}
    np.testing.assert_allclose(opened.predict(**place).level, result.predict(**place).level, rtol=1e-9)
    with pytest.raises(ValueError, match="real and imaginary"):
        opened.predict(t=1.0)


def test_a_comparison_tells_how_many_are_spurious():
    comparison = physml.compare("doubling_map", ["edmd", "resdmd"], budget="smoke", tracker=Quiet())
    assert [row["spurious"] for row in comparison.table()] == [40.0, 0.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": ("x", "y")}, "2 states are named and the data have 1 coordinates"),
        ({"dt": 0.0}, "dt is 0.0"),
        ({"observable": lambda x: x}, "one value for each"),
        ({"samples": lambda p, seed: FlowData(torch.full((3, 2, 1), math.nan))}, "not finite"),
        ({"samples": lambda p, seed: FlowData(torch.zeros(3, 1, 1))}, "two samples at least"),
        ({"samples": lambda p, seed: FlowData(torch.zeros(3, 2, 1), [1.0])}, "one for each trajectory"),
    ],
)
def test_mistakes_in_a_system_are_found_before_it_is_solved(change, message):
    with pytest.raises(ProblemError, match=message):
        dataclasses.replace(physml.load("doubling_map"), **change).check()


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        (HeldOut(lambda p, seed: torch.zeros(5, 756), leads=5), r"shape \(5, 756\); expected \(6, 756\), or more rows"),
        (HeldOut(lambda p, seed: torch.zeros(9, 2), leads=5), r"shape \(9, 2\); expected \(6, 756\)"),
        (HeldOut(lambda p, seed: torch.zeros(9, 756), leads=5, season=100), "61 samples are less than a season of 100"),
    ],
)
def test_mistakes_in_held_out_samples_are_told(held_out, message):
    problem = physml.load("sea_ice_synthetic").replace(months=61.0)
    with pytest.raises(ProblemError, match=message):
        dataclasses.replace(problem, held_out=held_out).check()


def test_held_out_samples_need_one_trajectory_and_a_lead():
    with pytest.raises(ProblemError, match="follow one trajectory"):
        later = HeldOut(lambda p, seed: torch.zeros(9, 1), leads=5)
        dataclasses.replace(physml.load("doubling_map"), held_out=later).check()
    with pytest.raises(ValueError, match="leads is 0"):
        HeldOut(lambda p, seed: torch.zeros(9, 1), leads=0)


def test_mistakes_in_settings_are_told():
    with pytest.raises(ValueError, match="angles is 1"):
        EDMDSpectrum(angles=1)
    with pytest.raises(ValueError, match="kappa > 0"):
        ResDMDSpectrum(kappa=0.0)
    with pytest.raises(ValueError, match="left < right"):
        Plane(left=2.0)
    with pytest.raises(ValueError, match="no observable to delay"):
        physml.solve("doubling_map", EDMDSpectrum(Delays(2, of="observable")), tracker=Quiet())
    with pytest.raises(ValueError, match="float64"):
        physml.solve("doubling_map", EDMDSpectrum(), dtype=torch.float32, tracker=Quiet())
    with pytest.raises(ValueError, match="no observable along a trajectory"):
        physml.solve("cat_map", RAGESplit(), tracker=Quiet())


def test_trajectories_of_different_lengths_weigh_as_they_are_told():
    data = FlowData([torch.zeros(3, 1), torch.ones(2, 1)], weights=[1.0, 3.0])
    assert data.sizes == (2, 3, 1)
    assert data.pair_weights().tolist() == [0.5, 0.5, 3.0]
    assert isinstance(data.map(lambda x: x**2).to("cpu"), FlowData)
    assert [len(t) for t in data.trajectories] == [3, 2]
    assert isinstance(physml.load("doubling_map"), DynamicalSystem)
