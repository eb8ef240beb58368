"""Questions: understood by their words against the schema, the ledger and the offer, without a language model."""
