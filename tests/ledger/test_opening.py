"""A ledger that cannot be had says why, and never with a password."""

import os
import stat
import subprocess
import sys

import pytest
import sqlalchemy as sa

from migrate.errors import FileError, InvalidInput, MigrateError, ServiceError
from migrate.ledger.book import open_book
from migrate.ledger.opening import must_prove_itself
from migrate.ledger.transactions import Transactions


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://me:s3cret@host/db", "sqlite://", "sqlite:///:memory:", "redis://x", "oracle+x://a"]
)
def test_a_url_that_cannot_be_a_ledger(url):
    with pytest.raises(InvalidInput) as refused:
        open_book(url)
    assert "sqlite:///" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError) as refused:
        open_book(f"sqlite:///{tmp_path}/file/state.db")
    assert str(tmp_path) in str(refused.value)
    assert (refused.value.code, refused.value.exit_code) == ("file_in_the_way", 74)


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "state.db").write_text("this is a letter, not a ledger " * 100)
    with pytest.raises(FileError, match="not a database"):
        open_book(f"sqlite:///{tmp_path}/state.db")
    assert (tmp_path / "state.db").read_text().startswith("this is a letter")


def test_a_server_that_does_not_answer_names_no_password():
    with pytest.raises(ServiceError) as refused:
        open_book("postgresql+psycopg://me:s3cret@127.0.0.1:1/db?connect_timeout=2")
    assert "s3cret" not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)
    assert refused.value.__cause__ is None


def test_folder_and_file_belong_to_their_owner_alone(tmp_path):
    with open_book(f"sqlite:///{tmp_path}/deep/state/state.db"):
        folder, file = tmp_path / "deep" / "state", tmp_path / "deep" / "state" / "state.db"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


FAR = "postgresql+psycopg://me@db.example.invalid/ledger"


@pytest.mark.parametrize(
    "url",
    [
        FAR,
        "postgresql+psycopg://me@/ledger?host=db.example.invalid",
        "postgresql+psycopg://me@/ledger?host=/run&host=db.example.invalid",
        "postgresql+psycopg://me@127.0.0.1/ledger?hostaddr=203.0.113.9",
        "postgresql+psycopg://me@127.0.0.1,db.example.invalid/ledger",
        "postgresql+psycopg:///?service=ledger",
    ],
)
def test_a_server_elsewhere_proves_who_it_is(url):
    with pytest.raises(InvalidInput) as refused:
        open_book(url)
    assert [problem.code for problem in refused.value.problems] == ["ledger_unverified"]
    assert "sslmode=verify-full" in str(refused.value)


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"PGSSLMODE": "disable"}, FAR),
        ({"PGSSLMODE": "require"}, FAR),
        ({"PGSSLMODE": "verify-ca"}, FAR),
        ({}, f"{FAR}?sslmode="),
        ({"PGHOST": "db.example.invalid"}, "postgresql+psycopg:///ledger"),
        ({"PGHOSTADDR": "203.0.113.9"}, "postgresql+psycopg://me@127.0.0.1/ledger"),
        ({"PGHOSTADDR": "203.0.113.9"}, "postgresql+psycopg://me@/ledger?host=/run"),
        ({"PGSERVICE": "ledger"}, "postgresql+psycopg://me@127.0.0.1/ledger"),
    ],
)
def test_no_environment_makes_a_server_elsewhere_one_that_need_not_prove_itself(environ, url):
    with pytest.raises(InvalidInput) as refused:
        must_prove_itself(sa.make_url(url), environ)
    assert [problem.code for problem in refused.value.problems] == ["ledger_unverified"]


def test_the_environment_can_only_make_it_stricter():
    must_prove_itself(sa.make_url(FAR), {"PGSSLMODE": "verify-full", "PGHOSTADDR": "203.0.113.9"})
    must_prove_itself(sa.make_url(f"{FAR}?sslmode=require"), {"PGSSLMODE": "disable"})
    must_prove_itself(sa.make_url("postgresql+psycopg:///ledger"), {"PGHOST": "/run/postgresql"})


def test_the_environment_of_the_process_is_what_counts():
    script = "from migrate.ledger.book import open_book; open_book('postgresql+psycopg://me@127.0.0.1:1/ledger')"
    environ = {**os.environ, "PGHOSTADDR": "203.0.113.9"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)
    assert "need not prove" in done.stderr


@pytest.mark.parametrize("option", ["password", "sslpassword"])
def test_a_secret_among_the_options_is_shown_to_nobody(option):
    for rest in ("127.0.0.1:1/db", "db.example.invalid/db"):
        with pytest.raises((ServiceError, InvalidInput)) as refused:
            open_book(f"postgresql+psycopg://me@{rest}?{option}=hunter2&connect_timeout=2")
        told = f"{refused.value} {getattr(refused.value, 'problems', '')}"
        assert "hunter2" not in told
        assert "127.0.0.1" in told or "db.example.invalid" in told


@pytest.mark.parametrize(
    "url",
    [
        f"{FAR}?sslmode=verify-full&connect_timeout=2",
        f"{FAR}?sslmode=disable&connect_timeout=2",
        "postgresql+psycopg://me@127.0.0.1:1/ledger?connect_timeout=2",
        "postgresql+psycopg://me@localhost:1/ledger?connect_timeout=2",
        "postgresql+psycopg://me@/ledger?host=/nowhere&connect_timeout=2",
    ],
)
def test_a_server_that_proves_itself_is_near_or_named_with_its_mode_is_asked(url):
    with pytest.raises(ServiceError) as refused:
        open_book(url)
    assert refused.value.code == "ledger_unusable"


def test_a_process_whose_connections_are_all_in_use_says_so(tmp_path):
    """A pool of one, as those of a server are pools of a few."""
    engine = sa.create_engine(
        f"sqlite:///{tmp_path}/state.db", poolclass=sa.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01
    )
    transactions = Transactions(engine)
    refused = pytest.raises(MigrateError, match="QueuePool limit")
    with transactions.reading(), refused as caught, transactions.writing():
        pass
    assert caught.value.code == "ledger_unusable"
    transactions.close()
