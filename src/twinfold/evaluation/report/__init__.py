"""What an evaluation found, shown: a page (`html`), a terminal (`terminal`), a record, all from one `summary`."""
