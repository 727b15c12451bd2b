"""What the exchange answers when it refuses: Binance's codes, texts and HTTP statuses, each in one row."""

from typing import Any, NamedTuple


class Refusal(NamedTuple):
    """One answer: the number in `code`, the text in `msg` ({0} stands for what is named), and the HTTP status."""

    code: int
    text: str
    status: int = 400


UNKNOWN_STATE = Refusal(
    -1007, "Timeout waiting for response from backend server. Send status unknown; execution status unknown.", 503
)
TOO_MANY_REQUESTS = Refusal(-1003, "Too many requests; current limit of IP(127.0.0.1) is {0} requests per minute.", 429)
BANNED = Refusal(-1003, "Way too many requests; IP(127.0.0.1) banned until {0}.", 418)
TOO_MANY_ORDERS = Refusal(-1015, "Too many new orders; current limit is {0} orders per 10 SECOND.", 429)
BAD_CLOCK_BEHIND = Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
BAD_CLOCK_AHEAD = Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
BAD_SIGNATURE = Refusal(-1022, "Signature for this request is not valid.")
ILLEGAL = Refusal(-1100, "Illegal characters found in parameter '{0}'.")
MISSING = Refusal(-1102, "Mandatory parameter '{0}' was not sent, was empty/null, or malformed.")
MISSING_ID = Refusal(-1102, "Param '{0}' or '{1}' must be sent, but both were empty/null!")
UNREAD = Refusal(-1104, "Not all sent parameters were read; read '{0}' parameter(s) but was sent '{1}'.")
NOT_REQUIRED = Refusal(-1106, "Parameter '{0}' sent when not required.")
TOO_PRECISE = Refusal(-1111, "Parameter '{0}' has too much precision.")
BAD_TIME_IN_FORCE = Refusal(-1115, "Invalid timeInForce.")
BAD_TYPE = Refusal(-1116, "Invalid orderType.")
BAD_SIDE = Refusal(-1117, "Invalid side.")
BAD_INTERVAL = Refusal(-1120, "Invalid interval.")
BAD_SYMBOL = Refusal(-1121, "Invalid symbol.")
BAD_WINDOW = Refusal(-1131, "recvWindow must be less than 60000.")
BAD_COMBINATION = Refusal(-1128, "Combination of optional parameters invalid.")
BAD_LEGS = Refusal(-1158, "Order type not supported for OCO legs: {0}.")
FILTER = Refusal(-1013, "Filter failure: {0}")
NO_MONEY = Refusal(-2010, "Account has insufficient balance for requested action.")
WOULD_TRIGGER = Refusal(-2010, "Stop price would trigger immediately.")
WOULD_TAKE = Refusal(-2010, "Order would immediately match and take.")
DUPLICATE = Refusal(-2010, "Duplicate order sent.")
WRONG_PRICES = Refusal(-2010, "The relationship of the prices for the orders is not correct.")
REFUSED = Refusal(-2010, "{0}")
UNKNOWN_ORDER = Refusal(-2011, "Unknown order sent.")
NO_ORDER = Refusal(-2013, "Order does not exist.")
BAD_KEY_FORMAT = Refusal(-2014, "API-key format invalid.", 401)
BAD_KEY = Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
NO_LIST = Refusal(-2018, "Order list does not exist.")
REPLACED_PART = Refusal(-2021, "Order cancel-replace partially failed.", 409)
REPLACED_NONE = Refusal(-2022, "Order cancel-replace failed.")
NO_MARGIN = Refusal(-2019, "Margin is insufficient.")
TRIGGERS_NOW = Refusal(-2021, "Order would immediately trigger.")
NOTHING_TO_REDUCE = Refusal(-2022, "ReduceOnly Order is rejected.")
TOO_LARGE = Refusal(-2027, "Exceeded the maximum allowable position at current leverage.")
BAD_LEVERAGE = Refusal(-4028, "Leverage {0} is not valid")
SAME_MARGIN = Refusal(-4046, "No need to change margin type.")
MARGIN_UNDER_ORDERS = Refusal(-4047, "Margin type cannot be changed if there exists open orders.")
MARGIN_UNDER_POSITION = Refusal(-4048, "Margin type cannot be changed if there exists position.")
SAME_SIDES = Refusal(-4059, "No need to change position side.")
WRONG_SIDE = Refusal(-4061, "Order's position side does not match user's setting.")
SIDES_UNDER_ORDERS = Refusal(-4067, "Position side cannot be changed if there exists open orders.")
SIDES_UNDER_POSITION = Refusal(-4068, "Position side cannot be changed if there exists position.")
DUPLICATE_NAME = Refusal(-4116, "ClientOrderId is duplicated.")
LESS_LEVERAGE = Refusal(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
SMALL_NOTIONAL = Refusal(-4164, "Order's notional must be no smaller than {0} (unless you choose reduce only).")
NO_METHOD = Refusal(-1000, "This exchange does not speak {0}.", 404)


class Refused(Exception):
    """The exchange does not do what it was asked. It changes nothing, but for the half of a replacement that `data` tells of."""

    def __init__(self, why: Refusal, *named: object, data: dict[str, Any] | None = None) -> None:
        self.why = why
        self.text = why.text.format(*named)
        self.data = data
        super().__init__(self.text)

    def body(self) -> dict[str, Any]:
        """The error as JSON."""
        told: dict[str, Any] = {"code": self.why.code, "msg": self.text}
        return told if self.data is None else {**told, "data": self.data}
