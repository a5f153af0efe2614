"""What the builder of the site reads otherwise than a forge does: a hook of ``mkdocs.yml``."""

from __future__ import annotations

import html
import re

BAR = "\\|"
CODE_WITH_A_BAR = re.compile(r"`([^`\n]*\\\|[^`\n]*)`")


def on_page_markdown(markdown, **_):
    r"""A page in which code of a table holds a bar: written ``\|``, which a forge shows without the backslash."""

    def written(code):
        return f"<code>{html.escape(code[1]).replace(BAR, '&#124;')}</code>"

    return CODE_WITH_A_BAR.sub(written, markdown)
