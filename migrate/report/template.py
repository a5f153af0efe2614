"""The templates that lie beside the code that fills them, compiled by jinja2 when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from migrate.tree import Json

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(filters: Mapping[str, Callable[..., Json]], *, room: str = "migrate.report") -> Environment:
    """An environment for the templates of a folder; what becomes HTML is escaped, a missing name is an error."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=FunctionLoader(partial(template_text, room=room)),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= dict(filters)
    return made


def template_text(name: str, *, room: str = "migrate.report") -> str:
    """The text of a file of a folder."""
    return files(room).joinpath(name).read_text("utf-8")
