"""The small model, really installed, and servers that are real, the one that misbehaves with them."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import twinfold
from twinfold.personas.voices.installing import install_voice

KEPT = Path(__file__).parents[3] / ".voices_cache"
"""Where the model stays between runs."""

Script = Callable[["Server", BaseHTTPRequestHandler], None]


@pytest.fixture(scope="session")
def model() -> Path:
    """The installed model; skips where it can't be fetched, fails where TWINFOLD_REQUIRE_VOICE says that it must be."""
    try:
        import xllamacpp  # noqa: F401

        return install_voice(KEPT / "voices")
    except (ImportError, twinfold.VoiceError) as error:
        if os.environ.get("TWINFOLD_REQUIRE_VOICE") == "1":
            pytest.fail(str(error))
        pytest.skip(f"the small model is not there: {error}")


@pytest.fixture
def installed(model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model where a user's would be."""
    monkeypatch.setenv("TWINFOLD_CACHE", str(KEPT))
    return model


class Server:
    """A server whose answers are a script; it keeps the headers and bodies that it was asked with."""

    def __init__(self, script: Script) -> None:
        self.asked: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.body = self.rfile.read(int(self.headers["content-length"]))
                outer.asked.append(({name.lower(): value for name, value in self.headers.items()}, self.body))
                script(outer, self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that went away are meant
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def messages(self, which: int = 0) -> list[dict[str, str]]:
        """The messages of a request."""
        found: list[dict[str, str]] = json.loads(self.asked[which][1])["messages"]
        return found

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Server]]:
    started: list[Server] = []

    def start(script: Script) -> Server:
        started.append(Server(script))
        return started[-1]

    yield start
    for each in started:
        each.stop()
