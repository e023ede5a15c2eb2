"""What each schema adds to the one before, as SQL. What a release brought is never edited."""
