"""Code forges and their CI: the environment of a run, and the one interface through which a report is posted."""
