"""A database for show, made by driving the product: people, the plan, and half a year of work on it."""
