"""All that is taken from inside DVC, translated into records of our own."""
