"""What a customer remembers: facts of their own tables and of documents, as a graph that is asked, and searched."""
