"""Converts the names that files and exchanges use for a market to BASE/QUOTE, and never guesses.

A name without a separator is split at a quote currency. Where several splits are possible (BNBUSD is BNB/USD, or BN/BUSD), a coin
that everybody knows decides: only one of them may have it as its base. What is still open is None, with its `readings` for the
question to the user; so is a pair in the wrong order (usd_btc), because some publishers write the quote first. What the user
names (`wanted`) decides between readings.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "BTC", "ETH", "BNB")
"""Quote currencies at which any name without a separator is split."""

_FIAT = _names(
    """USD EUR GBP TRY JPY KRW BRL AUD CAD CHF RUB UAH NGN ZAR IDR PLN RON ARS CZK MXN COP SGD HKD INR THB VND AED NZD
    SEK"""
)
_STABLE = _names(
    """FDUSD USDT USDC BUSD TUSD DAI PAX USDP GUSD HUSD SUSD PYUSD RLUSD USDD USDE USD1 UST USTC EURI AEUR EURC EURT EURS
    IDRT BIDR"""
)
_MONEY = _FIAT | _STABLE
_COINS_PRICED_IN = ("BNB", "ETH", "BTC")
"""Coins that are quotes, the strongest last: ETH/BTC is a market, BTC/ETH is one in the wrong order."""
_QUOTES = (*QUOTES, *sorted(_MONEY.difference(QUOTES)), "TRX", "DOGE", "XBT")
DOLLARS = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD")
"""Quotes that are worth a dollar. They mark a market in a file name, whatever stands before them; no ordinary word ends so."""

_COINS = _names(
    """AAVE ACH ADA AERO AGIX AGLD AKT ALGO ALICE ALPHA AMP ANKR ANT APE API3 APT AR ARB ARK ARKM ARPA ASTR ATA ATOM
    AUDIO AUCTION AVAX AXL AXS BAL BAND BAT BCH BEAM BETH BICO BLUR BLZ BNB BNT BNX BOME BONK BSV BTC BTG BTT C98 CAKE
    CBETH CELO CELR CFX CHR CHZ CKB COMP COTI CRO CRV CTSI CTXC CVC CVX CYBER DASH DCR DENT DGB DIA DODO DOGE DOT DUSK
    DYDX DYM EDU EGLD ENA ENJ ENS EOS ETC ETH ETHFI ETHW FET FIDA FIL FLM FLOKI FLOW FLR FTM FTT FXS GAL GALA GLM GLMR
    GMT GMX GNO GRT GTC HBAR HFT HIFI HNT HYPE ICP ICX IDEX ILV IMX INJ IOST IOTA IOTX JASMY JOE JST JTO JUP KAS KAVA
    KDA KLAY KNC KSM LDO LEVER LINA LINK LIT LOKA LOOM LPT LQTY LRC LSK LTC LTO LUNA LUNC MANA MANTA MASK MATIC MAV
    MBL MDT MINA MKR MLN MOVR MTL NEAR NEO NEXO NFT NKN NMR NTRN OCEAN OGN OKB OM OMG ONG ONT OP ORDI OSMO OXT PAXG
    PENDLE PEPE PHB PIXEL PNUT POL POLYX POND POWR PYR PYTH QNT QTUM RAD RARE RAY REEF REN RENBTC REQ RETH RLC RNDR
    RENDER ROSE RPL RSR RUNE RVN SAGA SAND SC SEI SFP SHIB SKL SLP SNT SNX SOL SPELL SSV STETH STG STMX STORJ STPT
    STRAX STRK STX SUI SUSHI SXP SYN SYS TAO TBTC TFUEL THETA TIA TLM TON TRB TRU TRUMP TRX TWT UMA UNI VANRY VET
    VIRTUAL VTHO WAVES WAXP WBETH WBTC WETH WIF WLD WOO WSTETH XAI XBT XDG XEC XEM XLM XMR XNO XRP XTZ XVG XVS YFI YGG
    ZEC ZEN ZETA ZIL ZK ZRO ZRX 1INCH 1000SHIB 1000PEPE 1000BONK 1000FLOKI"""
)
"""Coins whose name alone decides between two splits. Left out: ordinary words, and BTCB, because BTC/BUSD was a large market."""
_KNOWN = _COINS | _MONEY
_SAME = {"BTC": "XBT", "DOGE": "XDG"}
"""Kraken's names for two coins; taken for them where the user names the market."""

_CONTRACTS = _names("PERP PERPETUAL SWAP FUTURE FUTURES SPOT MARGIN P")
_WORDS = _names(
    """BINANCE BINANCEUS KRAKEN COINBASE GDAX BITSTAMP BITFINEX GEMINI OKX OKEX BYBIT KUCOIN BITGET BITMEX DERIBIT HUOBI
    HTX MEXC POLONIEX BITTREX GATE GATEIO FTX YAHOO CDD KAGGLE OHLC OHLCV DATA PRICE PRICES CANDLE CANDLES KLINE
    KLINES BAR BARS TICK TICKS TRADE TRADES TRADING VOLUME QUOTE BASE PAIR MARKET MARKETS CRYPTO COIN COINS CLOSE OPEN
    RATE RATES FUNDING HISTORY HISTORICAL DAILY HOURLY MINUTE WEEKLY MONTHLY REPORT INDEX IN TO OF NEW TEST"""
) | _CONTRACTS  # fmt: skip
"""What stands beside markets in file names and is no coin there."""

_COIN = re.compile(r"(?=.*[A-Z])[A-Z0-9]{1,15}")
_SEPARATOR = re.compile(r"[/\-_ ]")
_BITFINEX = re.compile(r"t[A-Z0-9]{6,10}")
_KRAKEN = re.compile(r"X([A-Z]{3})Z(USD|EUR|GBP|JPY|CAD|AUD)")


def normalise_symbol(spelling: str, wanted: Sequence[str] = ()) -> str | None:
    """BASE/QUOTE for "BTCUSDT", "BTC-USDT", "btc_usdt" or "BTC/USDT:USDT"; None when the name is not clear.

    A market of `wanted` (BASE/QUOTE) that the name can mean is taken: the user decides.
    """
    if chosen := _chosen(_tokens(spelling.partition(":")[0]), wanted):
        return chosen
    text = _bare(spelling.strip()).partition(":")[0]
    parts = _SEPARATOR.split(text)
    if len(parts) == 1:
        return _only(_splits(text))
    if len(parts) > 2 or not all(_COIN.fullmatch(part) for part in parts):
        return None
    base, quote = parts
    if "/" in text:
        return None if text == "N/A" or base == quote else f"{base}/{quote}"
    if quote in _CONTRACTS:
        return _only(_splits(base))
    spelt = "-" in text or base not in _WORDS  # exchanges write DATA-USDT; a file's name may be data_usdt
    return f"{base}/{quote}" if spelt and quote in _QUOTES and _in_order(base, quote) else None


def symbol_from_name(stem: str, wanted: Sequence[str] = ()) -> str | None:
    """The market in a file name: "binance_BTCUSDT_1h" and "BTC_USDT-1h-futures" give BTC/USDT; None when there is none, or more
    than one (`readings` gives them).

    A market of `wanted` (BASE/QUOTE) that the name can mean is taken: the user decides.
    """
    return _chosen(_tokens(stem), wanted) or _only(readings(stem))


def readings(text: str) -> tuple[str, ...]:
    """Every market that a file name can mean, in its order."""
    tokens = _tokens(text)
    found: list[str] = []
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        found += _in_name(token) or _adjacent(
            token, following, capital=token in text, first=place == 0 or _venue(tokens, place)
        )
    return tuple(dict.fromkeys(found))


def _in_name(token: str) -> tuple[str, ...]:
    """The markets that one word of a file name can mean. An unknown coin is one before a dollar only: words end in all else."""
    pairs = (pair.split("/") for pair in _splits(token))
    return tuple(
        f"{base}/{quote}" for base, quote in pairs if base in _KNOWN or (quote in DOLLARS and base not in _WORDS)
    )


def _adjacent(base: str, quote: str, *, capital: bool, first: bool) -> tuple[str, ...]:
    """The markets that two words in a row can mean: both orders, where it is not the usual one."""
    if quote not in (*_MONEY, *_COINS_PRICED_IN) or base == quote:
        return ()
    if base in _KNOWN:
        return (f"{base}/{quote}",) if _in_order(base, quote) else (f"{quote}/{base}", f"{base}/{quote}")
    unknown = capital and first and quote in _MONEY and base not in _WORDS and _COIN.fullmatch(base)
    return (f"{base}/{quote}",) if unknown and not _splits(base) else ()


def _venue(tokens: Sequence[str], place: int) -> bool:
    return place == 1 and tokens[0] in _WORDS


def _splits(text: str) -> tuple[str, ...]:
    """The ways to split a name without a separator that a known coin does not rule out; none for what is a coin itself.

    Kraken once wrote XETHZUSD for ETH/USD.
    """
    if text in _KNOWN:
        return ()
    if (old := _KRAKEN.fullmatch(text)) and old[1] in _KNOWN:
        return (f"{old[1]}/{old[2]}",)
    pairs = [
        (text.removesuffix(quote), quote)
        for quote in _QUOTES
        if text.endswith(quote) and _COIN.fullmatch(text.removesuffix(quote))
    ]
    pairs = [(base, quote) for base, quote in pairs if _in_order(base, quote)]
    known = [(base, quote) for base, quote in pairs if base in _KNOWN]
    return tuple(f"{base}/{quote}" for base, quote in known or [pair for pair in pairs if pair[1] in QUOTES])


def _in_order(base: str, quote: str) -> bool:
    """Whether a market is written so: a coin in money or in a stronger coin, and no dollar in a coin that is worth one."""
    if base == quote:
        return False
    if quote in _MONEY:
        return not (base == "USD" and quote in _STABLE)
    strength = _COINS_PRICED_IN.index(quote) if quote in _COINS_PRICED_IN else -1
    return base not in _MONEY and base not in _COINS_PRICED_IN[max(strength, 0) :]


def _only(found: Sequence[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _chosen(tokens: Sequence[str], wanted: Iterable[str]) -> str | None:
    """The one of `wanted` that a name can mean: as one word, or as two in either order."""
    words = {*tokens, *(first + second for first, second in pairwise(tokens))}
    return _only([market for market in wanted if words & _spellings(market)])


def _spellings(market: str) -> set[str]:
    base, _, quote = market.partition("/")
    names = {base, _SAME.get(base, base)}
    return {f"{name}{quote}" for name in names} | {f"{quote}{name}" for name in names} if quote else set()


def _tokens(text: str) -> list[str]:
    return [_bare(token) for token in re.split(r"[^A-Za-z0-9]+", text) if token]


def _bare(token: str) -> str:
    """In capitals, without the t that Bitfinex writes before a market (tBTCUSD)."""
    return (token[1:] if _BITFINEX.fullmatch(token) else token).upper()
