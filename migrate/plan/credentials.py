"""A reference to credentials -> the credentials, at the last moment and never shown.

Reads the environment it is given, a file or the system's keyring. Nothing else of the program holds a secret
but the value returned here and what the client makes of it.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from migrate.errors import AccessError, Problem
from migrate.files import open_regular
from migrate.plan.literal_secret import shown, shown_path
from migrate.plan.orgs import FromEnvironment, FromFile, FromKeyring, OfTenant, Org

ReadFile = Callable[[Path], bytes]
MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientKey:
    """A client id and its secret. Neither shows in a repr, a str or a format, nor can it be pickled by accident."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "ClientKey(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("credentials are not written anywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKey:
    """A tenant's access: the parent's credentials, exchanged at the parent's host for the tenant's token."""

    parent: Org
    key: ClientKey
    tenant_id: str


def resolve(
    org: Org, environ: Mapping[str, str], *, orgs: Mapping[str, Org] | None = None, read_file: ReadFile | None = None
) -> ClientKey | TenantKey:
    """The credentials of an org; a TenantKey where they are exchanged from a parent among ``orgs``.

    ``read_file`` gives the bytes of a file that only its owner can read (``read_private`` by default).
    Raises AccessError, code ``credentials_missing``, ``credentials_unsafe`` or ``credentials_unreadable``.
    """
    match org.credentials:
        case OfTenant(parent=alias, tenant_id=tenant_id):
            parent = (orgs or {}).get(alias)
            if parent is None or isinstance(parent.credentials, OfTenant) or not tenant_id:
                message = f"{org.alias}: the parent {shown(alias)} has no credentials to exchange."
                next_action = "Describe the parent under orgs: with credentials."
                raise AccessError(message, code="credentials_missing", next_action=next_action)
            key = client_key(parent.alias, parent.credentials, environ, read_file or read_private)
            return TenantKey(parent=parent, key=key, tenant_id=tenant_id)
        case where:
            return client_key(org.alias, where, environ, read_file or read_private)


def client_key(
    alias: str, where: FromEnvironment | FromFile | FromKeyring, environ: Mapping[str, str], read_file: ReadFile
) -> ClientKey:
    """The client id and secret a reference leads to."""
    match where:
        case FromEnvironment(prefix=prefix):
            return _from_environment(alias, prefix, environ)
        case FromFile(path=path):
            return _from_text(alias, path, read_file(path))
        case FromKeyring(service=service):
            return _from_keyring(alias, service)


def _from_environment(alias: str, start: str, environ: Mapping[str, str]) -> ClientKey:
    names = (f"{start}_CLIENT_ID", f"{start}_CLIENT_SECRET")
    values = [environ.get(name, "").strip() for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise AccessError(
            f"{alias}: {' and '.join(missing)} {verb} not set.",
            code="credentials_missing",
            next_action=" && ".join(f"export {name}=…" for name in missing),
        )
    return ClientKey(client_id=values[0], client_secret=values[1])


def read_private(path: Path) -> bytes:
    """The bytes of a file that belongs to us and that nobody else can read. Raises AccessError otherwise."""
    try:
        with open_regular(path) as stream:
            status = os.fstat(stream.fileno())
            if os.name == "posix":
                _owner_only(path, status)
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"it has more than {MAX_BYTES:,} bytes")
        return content
    except (OSError, ValueError) as error:
        said = (getattr(error, "strerror", None) or "it is no path").lower()
        message = f"The credentials file {shown_path(path)} cannot be read: {said}."
        raise AccessError(message, code="credentials_unreadable", next_action="Check the path after file:.") from None


def _owner_only(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        message = f"The credentials file {shown_path(path)} belongs to another user."
        raise AccessError(message, code="credentials_unsafe", next_action="Use a file of your own.")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"The credentials file {shown_path(path)} can be read by others."
        raise AccessError(message, code="credentials_unsafe", next_action=f"chmod 600 {quote(shown_path(path))}")


def _from_text(alias: str, path: Path, raw: bytes) -> ClientKey:
    """The pair in a JSON or YAML text; what stands in it never gets into a message."""
    data = _parsed(raw)
    values = [data.get(key) for key in ("client_id", "client_secret")] if isinstance(data, dict) else [None, None]
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise AccessError(
            f"{alias}: {shown_path(path)} does not hold client_id and client_secret as texts.",
            code="credentials_unreadable",
            next_action='Write {"client_id": "…", "client_secret": "…"} into it.',
        )
    return ClientKey(client_id=str(values[0]).strip(), client_secret=str(values[1]).strip())


def _parsed(raw: bytes) -> object:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    try:
        return json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return _yaml_texts(text)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The mapping of a JSON object. Raises ValueError for a doubled key: which of two secrets is meant is not known."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _yaml_texts(text: str) -> dict[str, str] | None:
    """The keys of a YAML mapping whose values are texts, ids of digits alone included; None where one stands twice."""
    from migrate.yaml.places import read_placed

    problems: list[Problem] = []
    tree = read_placed(text, "", problems)
    if tree is None or problems or not isinstance(tree.value, dict):
        return None
    return {key: node.value for key, node in tree.value.items() if isinstance(node.value, str)}


def _from_keyring(alias: str, service: str) -> ClientKey:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise _no_keyring(
            alias, "the package keyring is not installed", "pip install 'sigma-migrate[keyring]'"
        ) from None
    try:
        values = [keyring.get_password(service, name) for name in ("client_id", "client_secret")]
    except keyring.errors.KeyringError as error:
        message = f"the system's keyring cannot be used ({type(error).__name__})"
        raise _no_keyring(alias, message, "Use env:PREFIX or file:PATH on this machine.") from None
    missing = [name for name, value in zip(("client_id", "client_secret"), values, strict=True) if not value]
    if missing:
        commands = " && ".join(f"keyring set {shown(service)} {name}" for name in missing)
        raise _no_keyring(alias, f"the keyring holds no {' and no '.join(missing)} for {shown(service)}", commands)
    return ClientKey(client_id=str(values[0]), client_secret=str(values[1]))


def _no_keyring(alias: str, message: str, next_action: str) -> AccessError:
    return AccessError(f"{alias}: {message}.", code="credentials_missing", next_action=next_action)
