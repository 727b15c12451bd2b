"""Pages: report.html, tear sheet, exceedances."""
