"""Periods, frozen figures, compiled reports, sign-off, overview."""
