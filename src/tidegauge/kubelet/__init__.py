"""What a node says: parsers, addressing, the scraper and its transport."""
