"""The steps of the tables from version to version, in their order."""
