"""Voices: what gives an answer its words. None of them decides anything."""
