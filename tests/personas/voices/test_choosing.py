"""Voices by their names."""

from pathlib import Path

import pytest

import twinfold
from twinfold.personas.voices.choosing import choose_voice
from twinfold.personas.voices.embedded import EmbeddedVoice
from twinfold.personas.voices.endpoint import EndpointVoice


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("parrot", "template, embedded, embedded:MODEL.gguf, or http"),
        ("", "template, embedded"),
        ("embedded:", "template, embedded"),
        ("embedded.gguf", "template, embedded"),
        ("ftp://ann:secret@127.0.0.1/v1#small", "is not known"),
        ("http://127.0.0.1:8000/v1", "names no model; give it after the address: http://127.0.0.1:8000/v1#MODEL"),
        ("http://ann:secret@127.0.0.1/v1", "names no model"),
        ("http://ann:secret@127.0.0.1/v1#small", "password"),
        ("http://127.0.0.1:99999999/v1#small", "is no address"),
        ("http://ann:secret@127.0.0.1:x/v1#small", "is no address"),
        ("http:///v1#small", "is no address"),
        ("http://[::1/v1#small", "is no address"),
        ("http://a b/v1#small", "is no address"),
        ("http://127.0.0.1/v1?key=1#small", "goes on after its path"),
    ],
)
def test_a_name_that_is_no_voice_says_what_is(name: str, said: str) -> None:
    with pytest.raises(twinfold.OptionError) as error:
        choose_voice(name)
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_names_lead_to_voices(installed: Path) -> None:
    assert choose_voice("template") is None
    voice = choose_voice("embedded")
    assert isinstance(voice, EmbeddedVoice)
    assert voice.name == "embedded (SmolLM2-135M-Instruct)"
    assert isinstance(choose_voice(f"embedded:{installed}"), EmbeddedVoice)
    for name in ("http://localhost:8000#m", "HTTP://127.0.0.1:8000/v1/#m"):
        server = choose_voice(name, seed=4)
        assert isinstance(server, EndpointVoice)
        assert server.address.url.endswith(":8000/v1/chat/completions")


def test_a_voice_that_can_not_speak_says_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINFOLD_CACHE", str(tmp_path))
    with pytest.raises(twinfold.VoiceError, match="twinfold voices install"):
        choose_voice("embedded")
    with pytest.raises(twinfold.VoiceError, match="can't be read"):
        choose_voice(f"embedded:{tmp_path / 'none.gguf'}")
    with pytest.raises(twinfold.VoiceError, match="another machine"):
        choose_voice("https://voices.example/v1#m")
    other = choose_voice("https://voices.example/v1#m", allow_remote=True)
    assert other is not None
    assert other.name == "m at voices.example"
