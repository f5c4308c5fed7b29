"""Edge: git and DVC in, snapshots out. The only floor that knows either."""
