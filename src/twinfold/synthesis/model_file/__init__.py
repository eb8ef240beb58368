"""The model file: one zip of JSON and plain arrays, written whole or not at all, read without running code.

`docs/model-file.md` gives the format.
"""

from twinfold.synthesis.model_file.history import append_record, check_appendable, learned_digest
from twinfold.synthesis.model_file.reading import read_manifest, read_model_file
from twinfold.synthesis.model_file.writing import write_model_file

__all__ = [
    "append_record",
    "check_appendable",
    "learned_digest",
    "read_manifest",
    "read_model_file",
    "write_model_file",
]
