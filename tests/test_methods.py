"""Methods as tables and back: one dataclass is Python arguments, TOML and flags."""

import json
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from physml.methods import METHODS, MethodError, method_class, method_from_table, name_of, to_table
from physml.pinn import MLP, PINN, Adam, CausalPINN, CausalWeights, LevenbergMarquardt, ModifiedMLP, Sampling, Windows

# beartype draws random numbers when it looks into tuples.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

counts = st.integers(1, 10**6)
positive = st.floats(1e-12, 1e12)

networks = st.builds(
    lambda kind, **fields: kind(**fields),
    st.sampled_from([MLP, ModifiedMLP]),
    width=counts,
    depth=counts,
    activation=st.sampled_from(["tanh", "sin", "silu"]),
)
adams = st.builds(Adam, steps=counts, learning_rate=positive, decay=st.floats(1e-3, 1.0), decay_steps=counts)
marquardts = st.builds(
    LevenbergMarquardt, steps=counts, damping=positive, decrease=st.floats(1.001, 1e3), trials=counts
)
parts = {
    "network": networks,
    "modes": counts,
    "phases": st.lists(adams | marquardts, min_size=1, max_size=3).map(tuple),
    "sampling": st.builds(Sampling, count=counts, condition_count=counts, period=counts, candidates=counts),
    "windows": st.builds(Windows, count=counts, ratio=positive, warm_start=st.booleans()),
    "initial": st.sampled_from(["auto", "hard", "soft"]),
    "condition_weight": positive,
    "engine": st.sampled_from(["jets", "autograd"]),
}
epsilons = st.lists(st.floats(0.0, 1e12), min_size=1, max_size=5).map(lambda values: tuple(sorted(values)))
weights = st.builds(CausalWeights, epsilons=epsilons, delta=st.floats(0.01, 0.99), gate_initial=st.booleans())
methods = st.builds(PINN, **parts) | st.builds(CausalPINN, causal=weights, **parts)


def ints_for_whole_floats(table):
    """The table as people write it: 100 instead of 100.0."""
    if isinstance(table, dict):
        return {key: ints_for_whole_floats(value) for key, value in table.items()}
    if isinstance(table, list):
        return [ints_for_whole_floats(value) for value in table]
    return int(table) if isinstance(table, float) and table.is_integer() else table


@given(method=methods)
def test_a_method_comes_back_from_its_table(method):
    back = method_from_table(name_of(method), to_table(method))
    assert back == method
    assert type(back) is type(method)
    assert [type(part) for part in back.phases] == [type(part) for part in method.phases]


@given(method=methods)
def test_a_method_comes_back_from_json(method):
    assert method_from_table(name_of(method), json.loads(json.dumps(to_table(method)))) == method


@given(method=methods)
def test_whole_numbers_serve_as_floats(method):
    back = method_from_table(name_of(method), ints_for_whole_floats(to_table(method)))
    assert back == method
    assert type(back.condition_weight) is type(back.windows.ratio) is float


@given(method=methods, data=st.data())
def test_what_a_table_leaves_out_keeps_its_default(method, data):
    table = to_table(method)
    dropped = data.draw(st.sets(st.sampled_from(sorted(set(table) - {"kind"}))))
    back = method_from_table(name_of(method), {key: value for key, value in table.items() if key not in dropped})
    for name in set(table) - {"kind"}:
        assert getattr(back, name) == getattr(METHODS[name_of(method)]() if name in dropped else method, name)


def test_a_recipe_reads_as_the_same_method():
    text = """
    windows.count = 4
    network = { kind = "ModifiedMLP", width = 12 }
    causal.epsilons = [1, 1e2]
    condition_weight = 50
    phases = [{ kind = "Adam", steps = 7 }, { kind = "LevenbergMarquardt", steps = 30 }]
    """
    expected = CausalPINN(
        windows=Windows(4),
        network=ModifiedMLP(width=12),
        causal=CausalWeights(epsilons=(1.0, 100.0)),
        condition_weight=50.0,
        phases=(Adam(steps=7), LevenbergMarquardt(steps=30)),
    )
    assert method_from_table("causal_pinn", tomllib.loads(text)) == expected


def test_names_and_classes_are_one_to_one():
    assert {name_of(method_class(name)()) for name in METHODS} == set(METHODS)
    assert len(set(METHODS.values())) == len(METHODS)


def test_an_unknown_method_is_refused_with_those_that_exist():
    with pytest.raises(MethodError, match="no method 'casual_pinn'; there are pinn, causal_pinn"):
        method_class("casual_pinn")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"mode": 3}, "pinn has no setting 'mode'; did you mean modes?"),
        ({"zzz": 3}, "pinn has no setting 'zzz'; there are network, modes, phases"),
        ({"causal": {"delta": 0.5}}, "pinn has no setting 'causal'"),
        ({"windows": {"counts": 3}}, r"pinn\.windows has no setting 'counts'; did you mean count?"),
        ({"phases": [{"steps": 3}]}, r"pinn\.phases\[0\] has kind None; expected one of .*Adam, .*LevenbergMarquardt"),
        ({"phases": [{"kind": "Adam"}, {"kind": "Lion"}]}, r"pinn\.phases\[1\] has kind 'Lion'; expected one of"),
        ({"phases": [{"kind": "Adam", "step": 3}]}, r"pinn\.phases\[0\] has no setting 'step'; did you mean steps?"),
        ({"network": {"kind": "CNN"}}, r"pinn\.network has kind 'CNN'; expected one of MLP, ModifiedMLP"),
    ],
)
def test_a_setting_that_does_not_exist_is_named_with_where_it_is(table, message):
    with pytest.raises(MethodError, match=message):
        method_from_table("pinn", table)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ({"modes": "three"}, "modes"),
        ({"modes": 2.5}, "modes"),
        ({"network": {"width": "wide"}}, "width"),
        ({"network": {"activation": "relu"}}, "activation"),
        ({"network": 20}, "network"),
        ({"network": {"kind": "Adam"}}, "network"),
        ({"windows": 4}, "windows"),
        ({"initial": "firm"}, "initial"),
        ({"engine": "jet"}, "engine"),
        ({"phases": {"kind": "Adam"}}, "phases"),
        ({"phases": [3]}, "phases"),
        ({"phases": [{"kind": "Sampling"}]}, "phases"),
        ({"condition_weight": "heavy"}, "condition_weight"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_its_setting(table, name):
    with pytest.raises(ValueError, match=name):
        method_from_table("pinn", table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"windows": {"count": 0}}, "count >= 1"),
        ({"condition_weight": math.nan}, "condition_weight must be > 0"),
        ({"phases": []}, "phases is empty"),
        ({"phases": [{"kind": "Adam", "learning_rate": -1}]}, "learning_rate > 0"),
    ],
)
def test_a_value_outside_its_range_is_refused_as_in_python(table, message):
    with pytest.raises(ValueError, match=message):
        method_from_table("pinn", table)
