"""Human approval of large positions."""
