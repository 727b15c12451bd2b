"""Dashboards for Grafana on the metrics of a session, as plain JSON that is made here and provisioned from `deploy/grafana`."""
