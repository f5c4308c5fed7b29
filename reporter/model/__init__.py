"""What every floor above speaks in: frozen records and the rules about them. Standard library and numpy only."""
