"""All metrics of a session, in the order in which they are exported; `docs/metrics.md` is made of this table."""

from ops.live.metrics.of_account import OF_ACCOUNT
from ops.live.metrics.of_court import OF_COURT
from ops.live.metrics.of_orders import OF_ORDERS
from ops.live.metrics.of_process import OF_PROCESS
from ops.live.metrics.of_session import OF_SESSION

PARTS = {
    "Session": OF_SESSION,
    "Account": OF_ACCOUNT,
    "Court, gate and models": OF_COURT,
    "Orders": OF_ORDERS,
    "Journal and exchange": OF_PROCESS,
}
CATALOGUE = tuple(metric for part in PARTS.values() for metric in part)
