"""The voice of a server: real ones on this machine, of which most misbehave."""

import json
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

import twinfold
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.voices.endpoint import EndpointVoice, Limits, Prices
from twinfold.personas.voices.server import LONGEST_WAIT, pause_before
from twinfold.personas.voices.voice import Brief

QUICK = Limits(timeout=0.5, patience=10, retries=2)
Serve = Callable[[Callable[[Any, BaseHTTPRequestHandler], None]], Any]


def brief(customer: str = "C-10017", question: str = "How old are you?") -> Brief:
    fact = Fact(FactKind.ATTRIBUTE, customer, "age", 43.0, "43", "customers.age")
    return Brief(customer, question, "", (fact,), "My age is 43.")


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def chat(text: object, usage: object = None, **more: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}, **more}], "usage": usage}).encode()


def say(_: Any, handler: BaseHTTPRequestHandler) -> None:
    send(handler, chat("I am 43 years old.", {"prompt_tokens": 100, "completion_tokens": 8}))


def answering(body: bytes, status: int = 200, **headers: str) -> Callable[[Any, BaseHTTPRequestHandler], None]:
    return lambda _, handler: send(handler, body, status, **headers)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to this machine as if it were another."""
    look_up = socket.getaddrinfo

    def found(host: Any, *args: Any, **kwargs: Any) -> Any:
        return look_up("127.0.0.1" if host == "voices.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def remote(server: Any) -> str:
    return str(server.url).replace("127.0.0.1", "voices.example")


def test_words_come_back_with_what_they_took(serve: Serve) -> None:
    voice = EndpointVoice(serve(say).url, "small", prices=Prices(1.0, 2.0))
    first, second = voice.reply([brief("C-10017"), brief("C-10018")])
    assert first.text == second.text == "I am 43 years old."
    spent = voice.spent
    assert (spent.calls, spent.tokens_in, spent.tokens_out, spent.estimated) == (2, 200, 16, 0)
    assert spent.cost == pytest.approx((200 + 2 * 16) / 1e6)
    guessing = EndpointVoice(serve(answering(chat("I am 43.", {"prompt_tokens": True}))).url, "small")
    guessing.reply([brief()])
    assert guessing.spent.tokens_in > 50
    assert guessing.spent.estimated == 1
    assert "estimated" in guessing.spent.text()
    assert guessing.spent.cost is None


def test_answers_stay_in_their_order(serve: Serve) -> None:
    def echo(_: Any, handler: Any) -> None:
        asked = json.loads(handler.body)["messages"][1]["content"]
        time.sleep(0.2 if "number 0?" in asked else 0)
        send(handler, chat(f"It was {asked[asked.index('number') :].split('?')[0]}."))

    voice = EndpointVoice(serve(echo).url, "small")
    found = voice.reply([brief(question=f"number {k}?") for k in range(6)])
    assert [each.text for each in found] == [f"It was number {k}." for k in range(6)]
    assert voice.reply([]) == []


def test_the_key_goes_in_the_header_and_nowhere_else(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TWINFOLD_VOICE_KEY", "sk-secret")

    def tell(server: Any, handler: BaseHTTPRequestHandler) -> None:
        send(handler, chat(f"I know {server.asked[-1][0]['authorization']}."))

    server = serve(tell)
    voice = EndpointVoice(server.url, "small", cache=tmp_path / "replies.sqlite")
    [spoken] = voice.reply([brief()])
    [(headers, body)] = server.asked
    assert headers["authorization"] == "Bearer sk-secret"
    assert "secret" not in f"{body!r} {spoken} {voice!r}"
    voice.close()
    assert b"secret" not in (tmp_path / "replies.sqlite").read_bytes()
    refusal = json.dumps({"error": {"message": "wrong key sk-secret"}}).encode()
    for status in (400, 401):
        refused = EndpointVoice(serve(answering(refusal, status)).url, "small", limits=QUICK)
        if status == 400:
            assert refused.reply([brief()])[0].error == "the server answered with status 400 (wrong key …)"
            continue
        with pytest.raises(twinfold.VoiceError, match=r"refuses the key.*TWINFOLD_VOICE_KEY") as error:
            refused.reply([brief()])
        assert "secret" not in str(error.value)


@pytest.mark.parametrize("key", ["sk-secret\nx-evil: 1", "schlüssel", "two words"])
def test_a_key_that_is_none_is_refused_without_being_shown(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("TWINFOLD_VOICE_KEY", key)
    server = serve(say)
    with pytest.raises(twinfold.VoiceError, match="TWINFOLD_VOICE_KEY holds no key") as error:
        EndpointVoice(server.url, "small").reply([brief()])
    assert key not in str(error.value)
    assert not server.asked


def test_nothing_leaves_for_another_machine_unless_it_was_allowed(
    serve: Serve, elsewhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(say)
    for url in (
        remote(server),
        "http://10.1.2.3/v1",
        "http://127.0.0.1.voices.example/v1",
        "http://0x7f.1/v1",
        "http://[2001:db8::1]/v1",
    ):
        with pytest.raises(twinfold.VoiceError, match=r"another machine.*--allow-remote"):
            EndpointVoice(url, "small")
    assert EndpointVoice(remote(server), "small", allow_remote=True).reply([brief()])[0].text
    for here in ("http://localhost:9/v1", "http://[::1]:9/v1", "http://127.0.0.9/v1"):
        assert not EndpointVoice(here, "small").address.remote
    monkeypatch.setenv("TWINFOLD_VOICE_KEY", "sk-secret")
    with pytest.raises(twinfold.VoiceError, match="in the clear; use https"):
        EndpointVoice(remote(server), "small", allow_remote=True).reply([brief()])
    assert len(server.asked) == 1


def test_proxies_of_the_environment_hear_nothing_of_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(say), serve(say)
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    EndpointVoice(server.url, "small").reply([brief()])
    assert (len(proxy.asked), len(server.asked)) == (0, 1)


def test_what_leaves_is_redacted_and_what_stays_is_not(serve: Serve, elsewhere: None) -> None:
    text = "I'm C-10017, ann@bank.example, +420 601 123 456, CZ65 0800 0000 1920 0014 5399, "
    text += "card 4111 1111 1111 1111, 1,250.50"
    facts = (
        Fact(FactKind.EVENT, "C-10017", "complaints", None, text, "complaints 3"),
        Fact(FactKind.ATTRIBUTE, "C-10017", "surname", "Nováková", "Nováková", "customers.surname"),
        Fact(FactKind.ATTRIBUTE, "C-10017", "nickname", "Bunny", "Bunny", "customers.nickname"),
    )
    told = Brief("C-10017", "C-20001 says you complained, Mrs Nováková?", "", facts, f"{text} Bunny.")
    server = serve(say)
    voice = EndpointVoice(remote(server), "small", allow_remote=True, personal=["customers.nickname"])
    voice.reply([told, brief("C-20001")])
    sent = "".join(message["content"] for which in (0, 1) for message in server.messages(which))
    for secret in ("C-10017", "C-20001", "ann@bank", "601 123", "0800 0000", "4111 1111", "Nováková", "Bunny"):
        assert secret not in sent
    assert "1,250.50" in sent
    assert voice.redacted["e-mail"] == voice.redacted["IBAN"] == voice.redacted["card"] == 2
    here = serve(say)
    local = EndpointVoice(here.url, "small")
    local.reply([told])
    assert "ann@bank.example" in here.messages()[1]["content"]
    assert local.redacted == {}


def test_what_was_asked_before_is_not_asked_again(serve: Serve, tmp_path: Path) -> None:
    server, place = serve(say), tmp_path / "replies.sqlite"
    for _ in range(2):
        voice = EndpointVoice(server.url, "small", cache=place)
        assert voice.reply([brief(), brief(question="Your age?")])[0].text == "I am 43 years old."
        voice.close()
    assert len(server.asked) == 2
    assert (voice.spent.cached, voice.spent.calls) == (2, 0)
    assert place.stat().st_mode & 0o077 == 0
    for other in (
        EndpointVoice(server.url, "larger", cache=place),
        EndpointVoice(server.url, "small", cache=place, seed=1),
    ):
        other.reply([brief()])
        other.close()
    assert len(server.asked) == 4


def test_a_cache_that_is_damaged_or_was_changed_does_no_harm(serve: Serve, tmp_path: Path) -> None:
    import sqlite3

    server, place = serve(say), tmp_path / "replies.sqlite"
    voice = EndpointVoice(server.url, "small", cache=place)
    voice.reply([brief()])
    voice.close()
    for planted, said in ((b"\x00\xff", "I am 43 years old."), ("I am\x1b[31m red.", "I am [31m red.")):
        with sqlite3.connect(place) as connection:
            connection.execute("update replies set reply = ?", (planted,))
        connection.close()
        voice = EndpointVoice(server.url, "small", cache=place)
        assert voice.reply([brief()])[0].text == said
        voice.close()
    (tmp_path / "broken.sqlite").write_text("no database" * 1000)
    for path in (tmp_path / "broken.sqlite", tmp_path, tmp_path / "none" / "replies.sqlite"):
        with pytest.raises(twinfold.VoiceError, match=r"the cache .* can't be used"):
            EndpointVoice(server.url, "small", cache=path)


def test_a_busy_server_is_asked_again_when_it_says(serve: Serve) -> None:
    def busy(server: Any, handler: BaseHTTPRequestHandler) -> None:
        if len(server.asked) < 3:
            send(handler, b"slow down", 429, retry_after="1")
        else:
            say(server, handler)

    voice, began = EndpointVoice(serve(busy).url, "small", limits=QUICK), time.monotonic()
    assert voice.reply([brief()])[0].text
    assert time.monotonic() - began >= 2
    assert (voice.spent.retries, voice.spent.calls) == (2, 1)


def test_a_server_that_is_always_busy_ends_in_an_error_before_long(serve: Serve) -> None:
    server = serve(answering(b"", 429, retry_after="3600"))
    voice, began = EndpointVoice(server.url, "small", limits=Limits(patience=0.5)), time.monotonic()
    found = voice.reply([brief(f"C-{k}") for k in range(40)])
    assert time.monotonic() - began < 5
    assert all("status 429" in each.error or "answered nobody" in each.error for each in found)


def test_pauses_grow_are_capped_and_differ_by_request() -> None:
    pauses = [pause_before(attempt, None, "a") for attempt in range(12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_WAIT
    assert 0.25 <= pauses[0] <= 0.5
    assert len({pause_before(0, None, token) for token in "abcdefgh"}) == 8
    assert pause_before(0, 7.0, "a") == 7.0
    assert pause_before(0, 1e9, "a") == LONGEST_WAIT


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{not json", "not what the protocol says"),
        (b'{"choices": []}', "not what the protocol says"),
        (b'{"choices": {"0": 1}}', "not what the protocol says"),
        (b'["choices"]', "not what the protocol says"),
        (b'{"choices": [{"message": {"content": 7}}]}', "not what the protocol says"),
        (b'{"choices": [{"message": null}]}', "not what the protocol says"),
        (b"[" * 100_000, "not what the protocol says"),
        (b"\xff\xfe\xfa", "not what the protocol says"),
        (b"", "not what the protocol says"),
        (chat("   "), "no words"),
        (b"x" * (2**20 + 10), "more than 1,048,576 bytes"),
    ],
)
def test_a_reply_that_is_none_is_an_error_and_no_exception(serve: Serve, body: bytes, said: str) -> None:
    voice = EndpointVoice(serve(answering(body)).url, "small", limits=QUICK)
    [spoken] = voice.reply([brief()])
    assert spoken.text == ""
    assert said in spoken.error


def test_a_reply_that_unfolds_to_more_is_not_unfolded(serve: Serve) -> None:
    import gzip

    server = serve(answering(gzip.compress(chat("x" * 10**7)), content_encoding="gzip"))
    [spoken] = EndpointVoice(server.url, "small", limits=QUICK).reply([brief()])
    assert "compressed" in spoken.error
    assert server.asked[0][0]["accept-encoding"] == "identity"


def test_slow_servers_run_out_of_time(serve: Serve) -> None:
    def sleep(_: Any, handler: BaseHTTPRequestHandler) -> None:
        time.sleep(1)

    def drip(_: Any, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    for script in (sleep, drip):
        began = time.monotonic()
        voice = EndpointVoice(serve(script).url, "small", limits=Limits(timeout=0.3, retries=0))
        assert voice.reply([brief()])[0].error == "no answer within 0.3 s"
        assert time.monotonic() - began < 2


def test_broken_connections_and_failing_servers_are_tried_again(serve: Serve) -> None:
    def drop(_: Any, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    for script, said in ((drop, "the connection broke off"), (answering(b"", 500), "status 500")):
        server = serve(script)
        voice = EndpointVoice(server.url, "small", limits=Limits(timeout=2, retries=1))
        assert said in voice.reply([brief()])[0].error
        assert len(server.asked) == 2


def test_nobody_is_followed_elsewhere(serve: Serve) -> None:
    other = serve(say)
    for status in (301, 302, 307, 308):
        straying = serve(answering(b"", status, location=f"{other.url}/chat/completions"))
        with pytest.raises(twinfold.VoiceError, match=f"sends elsewhere, with status {status}"):
            EndpointVoice(straying.url, "small", limits=QUICK).reply([brief()])
    assert not other.asked


def test_a_dead_server_is_said_to_be_after_some_tries(serve: Serve) -> None:
    server = serve(say)
    server.stop()
    voice, began = EndpointVoice(server.url, "small", limits=Limits(retries=1)), time.monotonic()
    with pytest.raises(twinfold.VoiceError, match=r"small at 127.0.0.1:.*there is no server; start it"):
        voice.reply([brief(f"C-{k}") for k in range(50)])
    assert 1 <= voice.spent.retries <= 4
    assert time.monotonic() - began < 5


def test_one_who_was_answered_keeps_the_answer_when_the_server_dies(serve: Serve) -> None:
    def once(server: Any, handler: BaseHTTPRequestHandler) -> None:
        if len(server.asked) == 1:
            say(server, handler)
        else:
            send(handler, b"", 404)

    limits = Limits(timeout=1, retries=0, concurrency=1)
    first, second, third = EndpointVoice(serve(once).url, "small", limits=limits).reply([brief()] * 3)
    assert first.text
    assert "status 404" in second.error
    assert "status 404" in third.error


def test_a_sentence_that_was_cut_off_is_left_out(serve: Serve) -> None:
    server = serve(answering(chat("I am 43. I live in a", finish_reason="length")))
    assert EndpointVoice(server.url, "small").reply([brief()])[0].text == "I am 43."


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"patience": -1.0},
        {"retries": -1},
        {"concurrency": 0},
        {"tokens": 0},
    ],
)
def test_limits_that_can_not_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(twinfold.OptionError, match="can't be"):
        Limits(**wrong)


def test_a_price_below_nothing_and_no_model_are_refused() -> None:
    with pytest.raises(twinfold.OptionError, match="price of"):
        Prices(-1.0, 0.0)
    with pytest.raises(twinfold.OptionError, match="names no model"):
        EndpointVoice("http://127.0.0.1:9/v1", "")


def test_without_httpx_the_command_that_installs_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx", None)
    with pytest.raises(twinfold.MissingExtraError, match=r"twinfold\[voices\]"):
        EndpointVoice("http://127.0.0.1:9/v1", "small")


def test_a_command_says_what_a_server_took(serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from twinfold.cli.main import main

    (tmp_path / "people.csv").write_text("age,job\n" + "43,nurse\n" * 30)
    asked = ["ask", str(tmp_path / "people.csv"), "How old are you?", "-n", "3", "--voice", f"{serve(say).url}#small"]
    assert main(asked) == 0
    said = capsys.readouterr()
    assert "3 calls, 0 from the cache; 300 tokens read, 24 written" in said.err
    assert "small at 127.0.0.1" in said.out
    assert main([*asked, "-q"]) == 0
    assert "tokens" not in capsys.readouterr().err
