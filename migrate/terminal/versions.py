"""What a report of a bug has to say first: versions of the tool, of Python, of the machine and of the libraries."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.version import __version__

LIBRARIES = (
    *("anyio", "click", "google-re2", "httpx", "jinja2", "lxml", "openpyxl", "orjson", "pandas", "pydantic"),
    *("python-jsonpath", "pyyaml", "sniffio", "sqlalchemy", "tenacity", "tqdm", "xlsxwriter"),
    *("psycopg", "keyring", "mcp", "starlette", "uvicorn", "distributed", "obstore"),
    *("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
)
"""What the wheel and its extras ask for by name; a test holds it to pyproject.toml."""


def versions() -> Mapping[str, str]:
    """Name to version, the tool first; of a library that is not there, ``not installed``."""
    import platform
    import sqlite3
    from importlib.metadata import PackageNotFoundError, version

    found = {
        "sigma-migrate": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
