"""What things cost: `python3 dev.py bench` prints JSON. A database of its own is made and dropped."""
