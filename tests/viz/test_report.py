"""The report of a run: present what there is, leave out what there is not."""

import dataclasses
import re

import pytest

from physml.problem import PDE, Axis, Domain, Published
from physml.result.report import report_page, result_html
from physml.result.result import Result

HEADINGS = (
    "Published numbers beside ours",
    "Solution",
    "Solution at a few times",
    "Error over time",
    "Loss terms",
)


class Nowhere:
    """A solution that nothing asks for values."""

    def predict(self, **coordinates):
        raise AssertionError("a report needs no values beyond the data")


@pytest.fixture
def result(heat, history) -> Result:
    problem = PDE(
        name="heat",
        title="Heat <i>equation</i>",
        equation="u_t = u_{xx}",
        domain=Domain((Axis("t", 0.0, 1.0), Axis("x", 0.0, 2.0))),
        residual=lambda u, p: {"heat": u.t - u.xx},
        published=(
            Published("PINN", "relative_l2", 0.5, "someone2020", reproduced_by="pinn"),
            Published("better PINN", "relative_l2", 1e-3, "someone2021", reproduced_by="pinn"),
            Published("another", "relative_l2", 0.2, "someone2022"),
        ),
        citations=("fourier1822",),
        notices=("Read this <first>.",),
    )
    phases = [{"kind": "Adam", "steps": 7}, {"kind": "LevenbergMarquardt", "steps": 8}]
    return Result(
        problem=problem,
        data=heat,
        history=history,
        config={"method": "pinn", "settings": {"phases": phases, "epsilons": [0.1, 1.0]}, "seed": 3},
        provenance={"wall_time_s": 12.3, "versions": {"torch": "2.9"}},
        metrics={"relative_l2": 0.0101, "residual_rms": 0.1},
        weights={},
        outcome="budget spent",
        solution=Nowhere(),
    )


def headings(page: str) -> list[str]:
    return re.findall("<h2>(.*?)</h2>", page)


def rows(page: str) -> list[list[str]]:
    return [re.findall("<td.*?>(.*?)</td>", row) for row in re.findall("<tr>(.*?)</tr>", page)]


def test_the_report_holds_numbers_settings_and_passport(result):
    page = report_page(result)
    found = rows(page)
    assert ["relative_l2", "0.0101"] in found
    assert ["settings.phases.2.steps", "8"] in found
    assert ["settings.epsilons", "0.1, 1.0"] in found
    assert ["versions.torch", "2.9"] in found
    assert "budget spent after 12 s" in page
    assert "physml cite" in page and "fourier1822, someone2020" in page
    assert set(HEADINGS) < set(headings(page))
    assert "Time slices while training" not in headings(page)


def test_published_numbers_stand_beside_ours_with_a_verdict(result):
    by_method = {row[0]: row[2:5] for row in rows(report_page(result)) if len(row) == 7}
    assert by_method == {
        "PINN": ["0.5", "0.0101", "✓\u00a0better"],
        "better PINN": ["1.00e-03", "0.0101", "✗\u00a0missed"],
        "another": ["0.2", "–", ""],
    }


def test_the_report_is_self_contained_and_escaped(result):
    page = report_page(result)
    assert "http" not in page and "<script" not in page
    assert "<h1>Heat &lt;i&gt;equation&lt;/i&gt;: pinn</h1>" in page
    assert "Read this &lt;first&gt;." in page


def test_sections_without_data_are_absent(result):
    problem = result.problem.replace(domain=Domain((Axis("x", 0.0, 2.0),)), published=(), notices=())
    data = result.data.isel(t=0, drop=True).drop_vars("reference")
    bare = dataclasses.replace(result, problem=problem, data=data, history=[])
    found = headings(report_page(bare))
    assert not {*HEADINGS, "What a user has to know"} - {"Solution"} & set(found)
    assert "Solution" in found


def test_causal_training_shows_its_weights(result, causal):
    report = report_page(dataclasses.replace(result, data=result.data.merge(causal)))
    assert "Time slices while training" in headings(report)


def test_the_notebook_shows_the_solution_the_losses_and_the_verdict(result):
    html = result._repr_html_()
    assert html == result_html(result)
    assert html.count("<img ") == 2
    assert "✓\u00a0better" in html
    assert "<html" not in html


def test_many_windows_show_what_each_was_left_with(result):
    many = [
        row | {"step": i + 1, "stage": f"window {i + 1}/41, Adam"} for i, row in enumerate((result.history * 6)[:41])
    ]
    caption = "the loss that each window was left with"
    assert caption in report_page(dataclasses.replace(result, history=many))
    assert caption not in report_page(dataclasses.replace(result, history=many[:40]))
