"""Documents, files, facts about them, storage. It does not know what a plan is."""
