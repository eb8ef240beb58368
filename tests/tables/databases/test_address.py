"""A URL is taken apart rightly, and its password never shown."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from twinfold.errors import DataError, MissingExtraError, OutputError
from twinfold.tables.databases.address import is_url, masked, parse_address
from twinfold.tables.reading import read

SECRET = "s3cr%40t"


def test_what_a_url_says() -> None:
    found = parse_address(f"postgres://ann:{SECRET}@db.bank:5433/core?schema=Ledger&table=a&table=b,c&sslmode=require")
    assert (found.schema, found.tables, found.file) == ("Ledger", ("a", "b,c"), None)
    assert found.label == "postgresql://ann:***@db.bank:5433/core"
    assert (found.url.password, found.url.port, dict(found.url.query)) == ("s3cr@t", 5433, {"sslmode": "require"})
    assert "s3cr" not in repr(found)
    file = parse_address("sqlite:///bank.db?table=cards")
    assert (file.file, file.tables, file.label) == (Path("bank.db"), ("cards",), "sqlite:///bank.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://ann:hush@host/bank", r"mysql://ann:\*\*\*@host/bank is neither .* postgresql://.* sqlite:///"),
        ("https://bank.example/t.csv", "neither a file nor a database"),
        ("postgresql://ann:hush@me@host/bank", r"ann:\*\*\*@host/bank can't be read as a URL: .*%40"),
        ("postgresql://ann:hush%00@host/bank", "can't be read as a URL"),
        ("postgresql://ann:hush@host:port/bank", "can't be read as a URL"),
        ("postgresql://ann:hush@host", "names no database"),
        ("postgresql://ann:hush@host/bank?schema=a&schema=b", "2 schemas"),
        ("sqlite://", "no file of SQLite"),
        ("sqlite:///:memory:", "no file of SQLite"),
        ("postgresql://host/bank?password=hush&schema=a&schema=b", r"password=\*\*\*"),
    ],
)
def test_what_is_not_accepted_is_said_without_the_password(url: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as refused:
        parse_address(url)
    assert "hush" not in str(refused.value)
    with pytest.raises(OutputError):
        parse_address(url, error=OutputError)


@pytest.mark.parametrize(
    "text",
    ["postgresql://u:hush/1@h/d", "--train=postgres://u:hush@h/d", "postgresql:/u:hu@sh@h/d", "a://h/d?password=hush"],
)
def test_passwords_are_masked_wherever_they_stand(text: str) -> None:
    assert "hu" not in masked(text)
    assert "***" in masked(text)


def test_paths_are_no_urls() -> None:
    assert not any(map(is_url, ["C:/bank.csv", "C://bank.csv", "bank.db", "./a://b", Path("sqlite:///bank.db"), None]))


@pytest.mark.parametrize(
    ("missing", "url"), [("sqlalchemy", "sqlite:///bank.db"), ("psycopg", "postgresql://ann:hush@localhost:1/bank")]
)
def test_a_missing_extra_is_named_with_its_command(missing: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.split(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        MissingExtraError, match=rf'by {missing}, which is not installed; pip install "twinfold\[sql\]"'
    ):
        read(url)
