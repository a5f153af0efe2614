"""What is wrong with one text of a plan, in a sentence; an empty string means nothing. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from string import Formatter
from urllib.parse import urlsplit

from migrate.hosts import is_loopback
from migrate.plan.regex import REGEX, compiled
from migrate.plan.suggest import did_you_mean
from migrate.text import split_path

FUNCTION = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*"
OFFERED = r"[a-z0-9]+(-[a-z0-9]+)*"
"""The name under which an installed package offers something; a module has no hyphen, and a name here nothing else."""
ALIAS = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
ENV_REFERENCE = r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}"
CREDENTIALS = r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:.+"
SAMPLE = r"sample (\d{1,3}(?:\.\d{1,3})?)\s?%"
_TEMPLATE = re.compile(r"\$\{[^{}]*\}")


def alias(text: str) -> str:
    """Aliases name ledger entries, folders of reports and environment variables."""
    return "" if re.fullmatch(ALIAS, text) else "an alias is made of letters, digits, _ - and ."


def credentials(text: str) -> str:
    """A reference to credentials, never the credentials."""
    return "" if re.fullmatch(CREDENTIALS, text) else "this is not a reference to credentials"


def scheduler(text: str) -> str:
    """The address of a Dask scheduler. It asks nobody who they are, so that TLS has to, but on one machine."""
    try:
        parts = urlsplit(text)
        plain = (
            parts.hostname and parts.port and not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        plain = False
    if not plain or parts.scheme not in ("tcp", "tls"):
        return "this is no address of a scheduler"
    if parts.scheme == "tcp" and not is_loopback(parts.hostname or ""):
        return (
            "a scheduler on another machine is reached by TLS alone: whoever reaches it can run anything on the workers"
        )
    return ""


def bucket(text: str) -> str:
    """An address of object storage; credentials are never part of it."""
    found = re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=-]+)*/?", text)
    return "" if found else "this is no address of a bucket"


def unchanged(text: str) -> str:
    """How many of the unchanged copies are looked at: none, a share, or all."""
    found = re.fullmatch(SAMPLE, text)
    if text in ("never", "always") or (found and 0 < float(found[1]) <= 100):
        return ""
    return "this is neither never, always nor a share such as sample 5%"


def folder(text: str) -> str:
    """A folder path such as ``Workspace/Folder/Sub``."""
    if not split_path(text) or not text.strip():
        return "a folder path names at least a workspace"
    return "a folder path has an empty name between two slashes" if "//" in text else ""


def moment(text: str) -> str:
    """A date, or a time with its zone or in UTC."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "this is no date and no time"
    return ""


def name_pattern(text: str) -> str:
    """A glob, or a regular expression after ``re:``."""
    if not text.strip():
        return "the pattern is empty"
    if not text.startswith(REGEX):
        opened = text.find("[")
        return (
            ""
            if opened < 0 or "]" in text[opened + 2 :]
            else "the glob has a [ that is never closed (write [[] for a literal one)"
        )
    try:
        compiled(text.removeprefix(REGEX))
    except ValueError as error:
        return f"the regular expression is broken: {error}"
    return ""


def segments(text: str) -> tuple[str, ...]:
    """The segments of a warehouse path as text, cut at dots outside ``${...}``."""
    held = _TEMPLATE.findall(text)
    cut = _TEMPLATE.sub("\0", text.replace("\0", "")).split(".")
    values = iter(held)
    return tuple("".join(next(values) if char == "\0" else char for char in segment) for segment in cut)


def variable(text: str) -> str:
    """``env:NAME``."""
    return "" if re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text) else "this is not env: and the name of a variable"


def table_path(text: str) -> str:
    """A warehouse path such as ``DATABASE.SCHEMA.*``."""
    if not text.strip():
        return "the path is empty"
    parts = segments(text)
    if not all(part.strip() for part in parts):
        return "a segment between two dots is empty"
    return segment(next((part for part in parts if segment(part)), "x"))


def segment(text: str) -> str:
    """One segment of a warehouse path: a name, or ``*`` alone."""
    if not text.strip():
        return "a segment is empty"
    return "* stands for one whole segment, not for a part of one" if "*" in text and text != "*" else ""


def rename(text: str) -> str:
    """A template for names, where ``{name}`` is the name in the source."""
    if not text.strip():
        return "the new name is empty"
    try:
        fields = [each for _, each, _, _ in Formatter().parse(text) if each is not None]
    except ValueError:
        return "a { or } stands alone (write {{ or }} for a literal one)"
    wrong = [each for each in fields if each != "name"]
    return f"{{{wrong[0]}}} is not known; {{name}} is the name in the source" if wrong else ""


def function(text: str) -> str:
    """What is wrong with a function of a rule, if anything."""
    if re.fullmatch(f"{FUNCTION}|{OFFERED}", text):
        return ""
    return "it is neither package.module:function nor the name of an installed rule, such as house-style"


def json_path(text: str) -> str:
    """A JSONPath (RFC 9535) into a spec."""
    from migrate.plan.json_path import broken

    return broken(text)


def state(text: str) -> str:
    """A database URL without a password."""
    scheme = text.partition(":")[0]
    if scheme not in ("sqlite", "postgresql+psycopg"):
        hint = (
            did_you_mean(scheme, ("sqlite", "postgresql+psycopg"))
            if scheme != "postgresql"
            else "did you mean postgresql+psycopg?"
        )
        return f"state is a URL that starts with sqlite:/// or postgresql+psycopg:// ({hint})"
    if scheme == "sqlite":
        return "" if re.match(r"sqlite://(/.+)?$", text) else "a SQLite URL is written sqlite:///path/to/file.db"
    try:
        password = urlsplit(text).password or "password=" in text.lower()
    except ValueError:
        return "the database URL cannot be read"
    return "the database URL holds a password, a secret (use PGPASSWORD or a .pgpass file)" if password else ""
