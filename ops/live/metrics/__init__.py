"""A session in figures over time, as Prometheus reads them: each is declared once, and read out of the fold when it is asked."""
