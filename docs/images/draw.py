"""Draw what a terminal shows as an SVG, for the documentation.

tmux new-session -d -s demo -x 100 -y 16 'agil sweep conf=resnet model=resnet8,resnet14 optim.lr=0.05,0.2'
sleep 20; tmux capture-pane -t demo -e -p | python docs/images/draw.py docs/images/sweep.svg 'agil sweep …'
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text


def draw(ansi: str, title: str) -> str:
    """Return the SVG of a captured screen, without the empty lines at its end."""
    text = Text.from_ansi(ansi.rstrip())
    width = max((line.cell_len for line in text.split()), default=80)
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(text)
    # A picture in a README loads nothing from elsewhere: whatever monospaced font is there will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=title), flags=re.DOTALL)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(sys.stdin.read(), sys.argv[2]))
