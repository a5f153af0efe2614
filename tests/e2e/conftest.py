"""Fixtures of the whole migrations."""

import pytest
from staging import Stage

from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import builtin


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def stage(tmp_path):
    """Makes a stage of a world."""

    def make(world):
        return Stage(sandbox=Sandbox(world), folder=tmp_path)

    return make


@pytest.fixture
def builtin_world():
    """Makes a fresh packaged world."""
    return builtin
