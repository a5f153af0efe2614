"""The templates that lie beside this file, compiled by jinja2 when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

from migrate.tree import Json

if TYPE_CHECKING:
    from jinja2 import Environment


def environment(filters: Mapping[str, Callable[..., Json]]) -> Environment:
    """An environment for the templates of this folder; what becomes HTML is escaped, a missing name is an error."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=FunctionLoader(template_text),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= dict(filters)
    return made


def template_text(name: str) -> str:
    """The text of a file of this folder."""
    return files("migrate.report").joinpath(name).read_text("utf-8")
