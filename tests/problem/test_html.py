"""The card that notebooks show of a problem."""

import re
from dataclasses import dataclass

from physml.problem import PDE, Axis, Condition, Domain, Params, Published, Reference, parameter


@dataclass(frozen=True)
class HeatParams(Params):
    diffusivity: float = parameter(0.1, low=0.0, high=2.0, unit="m2/s", meaning="how fast it spreads")
    source: float = parameter(1.0, low=0.0)


HEAT = PDE(
    name="heat",
    title="Heat & <others>",
    equation="u_t = a u_{xx}",
    domain=Domain((Axis("t", 0.0, 1.0, unit="s"), Axis("x", -1.0, 1.0, unit="m", periodic=True, even=True))),
    residual=lambda u, p: {"heat": u.t - p.diffusivity * u.xx},
    conditions=(Condition("start", "t", 0.0, target=lambda points, p: 0.0),),
    params=HeatParams(),
    reference=Reference("exact", lambda p, refinement: None, method="closed form"),
    published=(Published("PINN", "relative_l2", 0.0123, "someone2020", where="Table 7", budget="an hour"),),
    citations=("fourier1822",),
    notices=("A patent covers <this>.",),
    card="First paragraph.\n\nSecond & last.",
)


def rows(html: str) -> list[list[str]]:
    return [re.findall(r"<td.*?>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_the_card_holds_everything_that_is_known():
    found = rows(HEAT._repr_html_())
    assert ["t", "0", "1", "s", ""] in found
    assert ["x", "-1", "1", "m", "periodic, even"] in found
    assert ["diffusivity", "0.1", "0 to 2", "m2/s", "how fast it spreads"] in found
    assert ["source", "1", "≥ 0", "1", ""] in found
    assert ["start", "t = 0"] in found
    assert ["exact", "closed form"] in found
    assert ["PINN", "relative_l2", "0.0123", "someone2020", "Table 7", "an hour"] in found


def test_text_is_escaped_and_kept_in_paragraphs():
    html = HEAT._repr_html_()
    assert "<h3>Heat &amp; &lt;others&gt;</h3>" in html
    assert "<p>A patent covers &lt;this&gt;.</p>" in html
    assert "<p>First paragraph.</p><p>Second &amp; last.</p>" in html
    assert "fourier1822" in html


def test_a_bare_problem_has_no_empty_tables():
    domain = Domain((Axis("x", 0.0, 1.0),))
    bare = PDE(name="p", title="Bare", equation="u_x = 1", domain=domain, residual=lambda u, p: {"p": u.x - 1})
    html = bare._repr_html_()
    assert html.count("<table>") == 1
    assert "Cite as" not in html
