"""Self-contained HTML: pictures, equations, tables and pages without scripts or anything from a network."""

import base64
import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from physml.viz.style import Picture

_STYLE = """
.physml { line-height: 1.5; font-family: system-ui, sans-serif; max-width: 62rem; }
.physml h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
.physml h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid #8885; }
.physml h3 { font-size: .95rem; margin: 1.2rem 0 .3rem; }
.physml p { margin: .5rem 0; max-width: 46rem; }
.physml .scroll { overflow-x: auto; margin: .4rem 0; }
.physml table { border-collapse: collapse; font-size: .88rem; background: none; margin: 0; }
.physml th, .physml td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; }
.physml thead th { white-space: nowrap; font-weight: 600; border-bottom: 1px solid #8888; }
.physml tbody td { border-bottom: 1px solid #8883; }
.physml th.number, .physml td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.physml .picture { background: white; border-radius: 6px; padding: .5rem; border: 1px solid #8883; }
.physml .picture img { display: block; margin: auto; height: auto; max-width: 100%; min-width: 30rem; }
.physml .equation { display: flex; flex-wrap: wrap; gap: .3rem 2rem; margin: .7rem 0; overflow-x: auto; }
.physml .equation svg { fill: currentColor; flex: none; }
.physml .notice { border-left: 3px solid #E69F00; padding: .1rem .8rem; }
.physml code { font-size: .88em; overflow-wrap: anywhere; }
"""
_PAGE_STYLE = "body { margin: 0; padding: 1.5rem 1rem 4rem; } .physml { margin: auto; }"
_EQUATION_SIZE = 17.0  # pixels


def figure_html(figure: Picture, description: str) -> str:
    """The picture as an image inside the page: maps as PNG, curves as SVG.

    ``description`` is for readers who cannot see it.
    """
    is_map = any(isinstance(artist, QuadMesh) for axes in figure.axes for artist in axes.collections)
    kind, image = ("image/png", figure.image("png")) if is_map else ("image/svg+xml", figure.image("svg"))
    data = base64.b64encode(image).decode()
    width = round(figure.get_figwidth() * 100)
    tag = f'<img alt="{html.escape(description)}" width="{width}" src="data:{kind};base64,{data}">'
    return f'<div class="picture scroll">{tag}</div>'


def equation_html(latex: str) -> str:
    r"""The equation drawn as SVG in the colour of the text, or as source where mathtext cannot read it.

    Parts separated by ``\quad`` go to new lines where the page is narrow.
    """
    try:
        paths = [_outline(part.strip()) for part in latex.split(r"\quad")]
    except ValueError:
        return f'<div class="equation"><code>{html.escape(latex)}</code></div>'
    boxes = [path.get_extents() for path in paths]
    top, bottom = max(b.y1 for b in boxes), min(b.y0 for b in boxes)  # common, so that the baselines agree
    drawn = []
    for path, box in zip(paths, boxes, strict=True):
        view = f"{box.x0 - 1:.1f} {-top - 1:.1f} {box.width + 2:.1f} {top - bottom + 2:.1f}"
        size = f'width="{box.width + 2:.0f}" height="{top - bottom + 2:.0f}"'
        drawn.append(f'<svg viewBox="{view}" {size} aria-hidden="true"><path d="{_svg_path(path)}"/></svg>')
    return f'<div class="equation" role="math" aria-label="{html.escape(latex)}">{"".join(drawn)}</div>'


def _outline(latex: str) -> Path:
    return TextPath((0, 0), f"${latex}$", size=_EQUATION_SIZE, prop=FontProperties(math_fontfamily="cm"))


def _svg_path(path: Path) -> str:
    """SVG path data; the y axis of SVG points down."""
    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    parts = []
    for points, code in path.iter_segments(simplify=False):
        flipped = np.reshape(points, (-1, 2)) * (1, -1)
        numbers = " ".join(f"{v:.2f}" for v in flipped.ravel())
        parts.append("Z" if code == Path.CLOSEPOLY else letters[code] + numbers)
    return "".join(parts)


def table_html(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; columns of numbers are right-aligned with three digits, None is a dash. Empty without rows."""
    rows = list(rows)
    if not rows:
        return ""
    numeric = [all(isinstance(row[i], int | float | None) for row in rows) for i in range(len(headers))]
    head = "".join(_cell("th", header, right) for header, right in zip(headers, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(_cell("td", cell, right) for cell, right in zip(row, numeric, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(tag: str, value: Any, right: bool) -> str:
    kind = ' class="number"' if right else ""
    return f"<{tag}{kind}>{html.escape(cell_text(value))}</{tag}>"


def cell_text(value: Any) -> str:
    """A value for people: three digits, a dash for None."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2e}" if 0 < abs(value) < 0.01 else f"{value:.3g}"


def paragraphs(text: str) -> str:
    """Plain text, with a paragraph for each block between blank lines."""
    return "".join(f"<p>{html.escape(block.strip())}</p>" for block in text.split("\n\n") if block.strip())


def notices_html(notices: Iterable[str]) -> str:
    """What a user has to know, set off from the rest."""
    return "".join(f'<div class="notice">{paragraphs(notice)}</div>' for notice in notices)


def card(title: str, body: str) -> str:
    """A titled block for notebooks, with its style; ``body`` is HTML."""
    return f'<div class="physml"><style>{_STYLE}</style><h3>{html.escape(title)}</h3>{body}</div>'


def page(title: str, sections: Iterable[tuple[str, str]]) -> str:
    """A whole page of headings with HTML, light or dark as the reader likes; empty sections are left out."""
    heading = html.escape(title)
    body = "".join(f"<h2>{html.escape(name)}</h2>{content}" for name, content in sections if content)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{heading}</title>'
        f"<style>{_STYLE}{_PAGE_STYLE}</style></head>\n"
        f'<body><main class="physml"><h1>{heading}</h1>{body}</main></body></html>\n'
    )
