"""Run folders: what is written comes back, and a crash leaves the old files."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import xarray as xr

from physml.result import read_result, store, write_result
from physml.result.store import read_settings, write_settings

pytestmark = pytest.mark.usefixtures("without_report")


class Rebuilt:
    """A solution that remembers the weights that it was made of."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        self.weights = weights

    def predict(self, **coordinates) -> xr.Dataset:
        return xr.Dataset()


def read(folder, result):
    return read_result(folder, result.problem, Rebuilt)


def test_a_result_comes_back_as_it_was(result, tmp_path):
    assert result.save(tmp_path / "new" / "run") == tmp_path / "new" / "run"
    back = read(tmp_path / "new" / "run", result)
    for name in ("history", "config", "provenance", "metrics", "outcome"):
        assert getattr(back, name) == getattr(result, name)
    xr.testing.assert_identical(back.data, result.data)
    assert back.weights.keys() == result.weights.keys()
    assert all(torch.equal(back.weights[name], tensor) for name, tensor in result.weights.items())
    assert back.solution.weights is back.weights


def test_no_temporary_files_are_left(result, tmp_path):
    write_result(tmp_path, result)
    names = {"run.json", "result.nc", "weights.safetensors", "provenance.json", "report.html", "history.jsonl"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_numbers_keep_every_bit(result, tmp_path):
    metrics = {"relative_l2": 0.1 + 0.2, "residual_rms": np.nextafter(1.0, 2.0).item()}
    write_result(tmp_path, dataclasses.replace(result, metrics=metrics))
    assert read(tmp_path, result).metrics == metrics


def test_places_that_were_not_reached_stay_without_a_number(result, tmp_path):
    data = result.data.where(result.data.t < 0.5)
    write_result(tmp_path, dataclasses.replace(result, data=data))
    xr.testing.assert_equal(read(tmp_path, result).data, data)


@pytest.mark.parametrize("name", ["result.nc", "weights.safetensors", "history.jsonl", "provenance.json", "run.json"])
def test_an_error_while_writing_leaves_the_old_file(result, tmp_path, monkeypatch, name):
    write_result(tmp_path, result)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    create, write = store.atomic_create, store.atomic_write

    def failing_create(path, make) -> None:
        def half(temporary) -> None:
            make(temporary)
            raise OSError("disk full")

        create(path, half if path.name == name else make)

    def failing_write(path, content: bytes) -> None:
        if path.name == name:
            create(path, lambda temporary: (temporary.write_bytes(content[:3]), 1 / 0))
        write(path, content)

    monkeypatch.setattr(store, "atomic_create", failing_create)
    monkeypatch.setattr(store, "atomic_write", failing_write)
    changed = dataclasses.replace(
        result,
        data=2 * result.data,
        metrics={"relative_l2": 9.0},
        config={**result.config, "seed": 9},
        history=result.history[:1],
        weights={"window_00.w": torch.zeros(1)},
    )
    with pytest.raises((OSError, ZeroDivisionError)):
        write_result(tmp_path, changed)
    assert (tmp_path / name).read_bytes() == before[name]
    assert {path.name for path in tmp_path.iterdir()} == set(before)


def test_a_result_saved_again_is_the_new_one(result, tmp_path):
    write_result(tmp_path, result)
    write_result(tmp_path, dataclasses.replace(result, metrics={"relative_l2": 9.0}, data=2 * result.data))
    back = read(tmp_path, result)
    assert back.metrics == {"relative_l2": 9.0}
    xr.testing.assert_equal(back.data, 2 * result.data)


def test_the_file_of_the_problem_travels_with_the_run(result, tmp_path, tiny_file):
    problem = result.problem.replace(source=str(tiny_file))
    write_settings(tmp_path / "run", result.config, problem)
    assert (tmp_path / "run" / "problem.py").read_bytes() == tiny_file.read_bytes()
    copy = problem.replace(source=str(tmp_path / "run" / "problem.py"))
    write_settings(tmp_path / "run", result.config, copy)
    assert (tmp_path / "run" / "problem.py").read_bytes() == tiny_file.read_bytes()


def test_settings_are_json_for_people(result, tmp_path):
    write_settings(tmp_path, {**result.config, "problem": "Poincaré"}, result.problem)
    text = (tmp_path / "run.json").read_text()
    assert '\n  "problem": "Poincaré"' in text and text.endswith("}\n")
    assert read_settings(tmp_path) == json.loads(text)


def test_a_folder_without_settings_or_without_an_end_is_refused(result, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run\.json is missing"):
        read(tmp_path, result)
    write_settings(tmp_path, result.config, result.problem)
    with pytest.raises(FileNotFoundError, match="has not ended; go on with: physml resume"):
        read(tmp_path, result)
