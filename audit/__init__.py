"""The append-only ledger: who did what, in whose name, on what, when."""
