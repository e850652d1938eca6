"""Matplotlib figures as inline SVG: the same figure gives the same bytes, and text stays text."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}


def inline(figure: Figure, name: str, description: str) -> str:
    """The figure as an `<svg>` element. `name` is unique on the page; `description` is what a blind reader hears."""
    import matplotlib

    raw = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(raw, format="svg", metadata=_NOTHING, transparent=True)
    svg = raw.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r' id="(?:figure|axes|patch|line2d|text|xtick|ytick|matplotlib\.axis|FillBetween\w*|\w*Collection)_\d+"',
        "",
        svg,
    )
    svg = re.sub(r' id="', f' id="{name}-', svg)
    svg = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", svg)
    svg = re.sub(r' d="([^"]*)"', lambda found: f' d="{_rounded(found[1])}"', svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', lambda found: _opening(found[1], description), svg, count=1)
    return re.sub(r"\n\s*", "\n", svg)


def _opening(view_box: str, description: str) -> str:
    label = escape(description)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{view_box}" role="img" aria-label="{label}">'
    )


def _rounded(path: str) -> str:
    """A tenth of a point is finer than any screen shows here, and a third of the size."""
    short = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), path)
    return " ".join(short.split())
