"""Git: the repository, its objects and commits, and which of them a report is about."""
