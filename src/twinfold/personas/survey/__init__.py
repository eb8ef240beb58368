"""Surveys: questions that a sample of customers answers, counted with intervals and with what each answer rests on."""
