"""SIPAS: what people answered in a survey, and the share of them who are satisfied."""
