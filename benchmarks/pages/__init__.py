"""Pages: the JSON of many resources to objects."""
