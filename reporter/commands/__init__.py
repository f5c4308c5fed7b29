"""One file per command. Each tells the story of its command; the edges it needs come in as arguments."""
