"""The operator's window: tables, report, progress. Reads records; decides nothing."""
