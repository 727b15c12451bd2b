"""HTML pages: the report, the tear sheet, the exceedances of the risk model."""
