"""The scoreboard: each row of each paper as cells of text."""

import dataclasses
import json

from physml.problem import Published
from physml.result.rows import make_row, put_rows
from physml.result.scoreboard import HEADERS, scoreboard


def test_every_row_of_every_paper_is_shown_with_its_verdict(result, tmp_path):
    published = Published("PINN", "relative_l2", 0.05, "someone2020", where="Table 3")
    seeds = [dataclasses.replace(result, config={**result.config, "seed": seed}) for seed in range(3)]
    put_rows(tmp_path / "second" / "results.json", [make_row(seeds, "c=50", "relative_l2", published)])
    put_rows(tmp_path / "first" / "results.json", [make_row(seeds[:1], "plain", "residual_rms", None)])
    (tmp_path / "unrun").mkdir()
    one, two = (dict(zip(HEADERS, cells, strict=True)) for cells in scoreboard(tmp_path))
    assert (one["paper"], one["case"], one["metric"], one["ours"]) == ("first", "plain", "residual_rms", "2.50e-01")
    assert (one["published"], one["verdict"], one["seeds"]) == ("", "", "1")
    assert (two["paper"], two["problem"], two["method"]) == ("second", "line", "pinn")
    assert (two["published"], two["ours"], two["verdict"]) == ("5.00e-02", "1.00e-01", "missed")
    assert (two["seeds"], two["wall time"], two["device"]) == ("3", "12 s", "cpu: test")


def test_a_folder_without_papers_has_no_rows(tmp_path):
    assert scoreboard(tmp_path) == []
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "results.json").write_text(json.dumps({"rows": []}))
    assert scoreboard(tmp_path) == []
