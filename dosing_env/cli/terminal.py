"""A console of Rich on which control characters of what is printed are visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from dosing_env.io.printable import visible


class Visible(RenderHook):
    """What is printed as text has no control characters; the codes of Rich's own styles come later."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Each, seen through."""
        return [_Seen(one) for one in renderables]


@dataclass(frozen=True)
class _Seen:
    thing: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.thing, options):
            clean = segment.control or segment.text.isprintable()
            yield segment if clean else Segment(visible(segment.text, keep="\n"), segment.style)


def console(**how: Any) -> Console:
    """The console; arguments are those of Rich."""
    shown = Console(highlight=False, **how)
    shown.push_render_hook(Visible())
    return shown
