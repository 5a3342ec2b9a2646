"""What `dev.py` does. Only the standard library until the virtual environment exists."""
