"""HTML: complete in itself, escaped, and the same numbers as were given."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import pytest

from physml.viz import plot_slices, plot_solution
from physml.viz.html import card, equation_html, figure_html, notices_html, page, paragraphs, table_html

ATTACK = '<script>alert("x")</script>'


def test_user_text_is_escaped_everywhere(heat):
    made = [
        card(ATTACK, ""),
        page(ATTACK, [(ATTACK, paragraphs(ATTACK))]),
        table_html((ATTACK,), [(ATTACK,)]),
        notices_html([ATTACK]),
        equation_html(r"\nothing" + ATTACK),
        equation_html(r"u < v \quad " + ATTACK),
        figure_html(plot_slices(heat), ATTACK),
    ]
    assert not [text for text in made if "<script" in text or 'alert("x")' in text]


def test_a_page_needs_neither_scripts_nor_network(heat):
    text = page("Heat", [("Solution", figure_html(plot_solution(heat), "solution") + equation_html("u_t = u_{xx}"))])
    assert "http" not in text
    assert "<script" not in text
    assert "<link" not in text
    assert set(re.findall(r'src="([^,]{0,30})', text)) == {"data:image/png;base64"}


def test_empty_sections_are_left_out():
    text = page("A page", [("Here", "<p>something</p>"), ("Not here", "")])
    assert "<h2>Here</h2><p>something</p>" in text
    assert "Not here" not in text


@pytest.mark.parametrize(("plot", "kind"), [(plot_solution, "image/png"), (plot_slices, "image/svg+xml")])
def test_maps_become_png_and_curves_svg(heat, plot, kind):
    fine = heat.interp(t=[i / 100 for i in range(101)], x=[i / 100 for i in range(201)])
    found = re.search(r'src="data:(.*?);base64,(.*?)"', figure_html(plot(fine), "u"))
    assert found and found[1] == kind
    image = base64.b64decode(found[2])
    assert image.startswith(b"\x89PNG") or ElementTree.fromstring(image).tag.endswith("svg")


@pytest.mark.parametrize("latex", ["u_t = u_{xx}", r"\frac{a}{b} = \sqrt{c}, \quad u(0, x) = \sin \pi x"])
def test_an_equation_is_drawn_in_the_colour_of_the_text(latex):
    root = ElementTree.fromstring(equation_html(latex))
    assert root.get("aria-label") == latex
    assert len(root.findall("svg")) == latex.count(r"\quad") + 1
    for path in root.iter("path"):
        assert path.get("fill") is None
        assert re.fullmatch(r"([MLQC](-?\d+\.\d\d ?)+|Z)+", path.get("d", ""))


def test_the_outline_lies_inside_its_frame():
    svg = next(ElementTree.fromstring(equation_html(r"\frac{u_t}{y^2}")).iter("svg"))
    left, top, width, height = map(float, svg.get("viewBox", "").split())
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d\d", svg[0].get("d", ""))]
    assert left <= min(numbers[::2]) and max(numbers[::2]) <= left + width
    assert top <= min(numbers[1::2]) and max(numbers[1::2]) <= top + height


@pytest.mark.parametrize("latex", [r"\begin{cases} a \end{cases}", r"\frac{a", r"\unknown u", ""])
def test_what_cannot_be_drawn_is_shown_as_source(latex):
    assert f"<code>{latex}</code>" in equation_html(latex)


def test_numbers_are_aligned_and_rounded():
    text = table_html(("name", "value"), [("a", 1.23456), ("b", None), ("c", 0.00012345), ("d", 12)])
    cells = re.findall(r'<td class="number">(.*?)</td>', text)
    assert cells == ["1.23", "–", "1.23e-04", "12"]
    assert table_html(("name",), []) == ""
