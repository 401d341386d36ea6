"""DeepXDE's global settings stay where they are used, and it is imported only then."""

import importlib.util
import subprocess
import sys

import pytest
import torch

import physml
from physml.interop.deepxde import DeepXDE
from physml.interop.deepxde.session import load_deepxde, session
from physml.train import Quiet


def test_deepxde_is_imported_when_it_is_used_in_silence_and_leaves_the_defaults_of_torch():
    code = (
        "import sys, torch, physml; torch.set_default_dtype(torch.float64)\n"
        "from physml.interop.deepxde import DeepXDE\n"
        "from physml.interop.deepxde.session import session\n"
        "DeepXDE(); print('deepxde' in sys.modules)\n"
        "with session(torch.float32) as dde: print(torch.get_default_dtype(), dde.config.default_float())\n"
        "print(torch.get_default_dtype(), torch.get_default_device(), dde.backend.backend_name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\ntorch.float32 float32\ntorch.float64 cpu pytorch\n"
    assert done.stderr == ""


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.delitem(sys.modules, "deepxde", raising=False)
    monkeypatch.setenv("DDE_BACKEND", "jax")
    with pytest.raises(ValueError, match=r"set to the backend 'jax', .* start Python with DDE_BACKEND=pytorch"):
        load_deepxde()


def test_precision_and_dtype_come_back_also_after_an_error():
    dde = load_deepxde()
    before = dde.config.default_float(), torch.get_default_dtype()
    with pytest.raises(KeyError), session(torch.float64):
        assert (dde.config.default_float(), torch.get_default_dtype()) == ("float64", torch.float64)
        raise KeyError
    assert (dde.config.default_float(), torch.get_default_dtype()) == before


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match=r"asked for torch\.float16; it computes PDEs in torch\.float32 or"):
        session(torch.float16).__enter__()


def test_without_deepxde_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "deepxde", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for call in (DeepXDE, load_deepxde):
        with pytest.raises(ModuleNotFoundError, match=r'install it with: pip install "physml\[deepxde\]"'):
            call()


def test_our_methods_compute_the_same_after_a_run_of_deepxde():
    method = physml.recommend(physml.load("heat"), "smoke", "pinn")

    def error():
        return physml.solve("heat", method, budget="0.01s", tracker=Quiet()).metrics["relative_l2"]

    before = error()
    physml.solve("heat", DeepXDE(width=4, depth=1, points=20, adam_steps=2), budget="0.01s", tracker=Quiet())
    assert error() == before
    assert torch.get_default_dtype() == torch.float32
