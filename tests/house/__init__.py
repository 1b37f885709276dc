"""The project about itself: its rooms, its documents, its packages, and whether they are what they say."""
