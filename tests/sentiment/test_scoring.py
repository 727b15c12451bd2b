"""Text is made plain, words are weighed, events are seen and coins are named."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import UsageFault
from sentiment.bases import bases_in, first_bases_in
from sentiment.coins import coins, no_coins, tickers
from sentiment.events import FLAGS, event_flags
from sentiment.scoring import NO_WORD, HeadlineScorer, read_lexicon, scorer_of
from sentiment.text import MAX_HEADLINE, plain


@pytest.fixture(scope="module")
def scorer() -> HeadlineScorer:
    return HeadlineScorer()


def spoken(scorer: HeadlineScorer, text: str) -> float:
    score = scorer.score(text)
    assert isinstance(score, float), score
    return score


@pytest.mark.parametrize(
    "text",
    [
        "Bitcoin surges past $60,000 as ETF inflows hit record high",
        "Fed announces surprise rate cut",
        "Short squeeze lifts ether",
        "Golden cross forms on the bitcoin chart",
        "SEC drops lawsuit against Ripple",
        "Regulator approves spot ether fund",
        "Kraken resumes withdrawals",
    ],
)
def test_good_news_is_scored_above_zero(scorer: HeadlineScorer, text: str) -> None:
    assert spoken(scorer, text) > 0.2


@pytest.mark.parametrize(
    "text",
    [
        "Bitcoin plunges below $20,000 in broad sell-off",
        "Bitcoin plunges below $20,000 in broad sell off",
        "Death cross forms on the bitcoin chart",
        "Celsius halts withdrawals",
        "Lender files for bankruptcy",
        "Stablecoin loses peg",
        "Fed hikes rates again",
        "Court rejects spot bitcoin fund",
        "Whale dumps 10,000 ETH",
    ],
)
def test_bad_news_is_scored_below_zero(scorer: HeadlineScorer, text: str) -> None:
    assert spoken(scorer, text) < -0.2


@pytest.mark.parametrize(
    "text",
    [
        "Grayscale Bitcoin Trust shares and interest rate outlook",
        "Company publishes report on proof of stake",
        "",
        "比特币暴跌，交易所被黑客攻击",
        "Биткоин рухнул",
        "ビットコインが急騰",
        "Der Kurs steht bei 60.000",
    ],
)
def test_a_text_without_a_known_word_is_silent_and_not_neutral(scorer: HeadlineScorer, text: str) -> None:
    assert scorer.score(text) == NO_WORD
    assert NO_WORD.why == "no word was known"


def test_good_and_bad_words_that_cancel_each_other_are_neutral_and_not_silent(scorer: HeadlineScorer) -> None:
    assert scorer.score("good bad good bad") != NO_WORD


@pytest.mark.parametrize(
    ("bad", "denied"),
    [
        ("Exchange hacked", "Exchange not hacked"),
        ("Binance confirms hack", "Binance denies hack"),
        ("Traces of an exploit, says Aave", "No evidence of an exploit, says Aave"),
    ],
)
def test_a_denial_turns_bad_news(scorer: HeadlineScorer, bad: str, denied: str) -> None:
    assert spoken(scorer, bad) < 0 < spoken(scorer, denied)


def test_a_phrase_is_one_word_and_not_the_sum_of_its_words(scorer: HeadlineScorer) -> None:
    assert spoken(scorer, "rate cut") > 0 > spoken(scorer, "cut")
    assert spoken(scorer, "bear trap") > 0 > spoken(scorer, "bear")
    assert scorer.score("rate-cut") == scorer.score("rate cut") == scorer.score("RATE CUT")


def test_markup_and_invisible_characters_do_not_change_a_score(scorer: HeadlineScorer) -> None:
    assert scorer.score("<b>Bit\u200bcoin</b> cra\u00adshes &amp; burns") == scorer.score("Bitcoin crashes & burns")


@given(text=st.text(max_size=120))
@settings(max_examples=40)
def test_every_text_has_a_score_in_its_range_and_always_the_same(text: str) -> None:
    one = SHARED_SCORER.score(text)
    assert one == NO_WORD or (isinstance(one, float) and -1.0 <= one <= 1.0)
    assert one == SHARED_SCORER.score(text)


SHARED_SCORER = HeadlineScorer()


def test_the_lexicon_is_large_lower_case_and_inside_vaders_scale() -> None:
    lexicon = read_lexicon()
    assert len(lexicon) >= 150
    assert all(term == term.lower().strip() and -4.0 <= valence <= 4.0 for term, valence in lexicon.items())
    assert sum(" " in term for term in lexicon) >= 50


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("Bridge hacked for $600M", ("hack",)),
        ("Hackers exploit flash-loan bug at lender", ("hack", "exploit")),
        ("Binance halts all withdrawals", ("halt",)),
        ("Withdrawals were suspended at FTX", ("halt",)),
        ("USDC loses its dollar peg", ("depeg",)),
        ("UST depegs again", ("depeg",)),
        ("Coinbase to delist Monero", ("delisting",)),
        ("SEC sues Coinbase", ("lawsuit",)),
        ("Miner files for Chapter 11", ("insolvency",)),
        ("China bans mining", ("ban",)),
        ("Solana network outage enters fifth hour", ("outage",)),
        ("Court denies bail; customers' funds stolen", ("hack",)),
        ("Ripple wins, then is hacked. Lawsuit dismissed", ("hack",)),
    ],
)
def test_a_hard_event_raises_its_flag(text: str, flags: tuple[str, ...]) -> None:
    assert event_flags(text) == flags


@pytest.mark.parametrize(
    "text",
    [
        "Hackathon draws 500 developers",
        "Binance denies hack",
        "No evidence of exploit, says Aave",
        "Exchange did not halt withdrawals",
        "India lifts ban on exchanges",
        "SEC drops its lawsuit against Ripple",
        "Lawsuit against Tron dismissed",
        "Celsius emerges from bankruptcy",
        "Wallet urban legends and bandwidth",
        "Bitcoin halving is near",
    ],
)
def test_what_was_denied_averted_or_only_sounds_alike_raises_none(text: str) -> None:
    assert event_flags(text) == ()


@given(text=st.text(max_size=300))
def test_flags_are_known_ones_in_their_order(text: str) -> None:
    flags = event_flags(text)
    assert list(flags) == [flag for flag in FLAGS if flag in flags]


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("Bitcoin and Ether slide", ("BTC", "ETH")),
        ("BITCOIN CASH upgrade", ("BCH",)),
        ("Ethereum Classic under attack, ETH is not", ("ETC", "ETH")),
        ("SOL/USDT breaks out", ("SOL",)),
        ("Markets near the link between dot and op", ()),
        ("$LINK and $NEAR rally, $DOT follows", ("DOT", "LINK", "NEAR")),
        ("LINK in bio", ()),
        ("Tether loses its peg", ()),
        ("Polygon's zkEVM", ("MATIC",)),
        ("比特币BTC上涨", ("BTC",)),
        ("solar power and bitcoiner culture", ()),
        ("Kaspa bridge hacked, $20 million stolen", ("KAS",)),
        ("Kaspa exploit drains wallets", ("KAS",)),
        ("$KAS and $kas plunge", ("KAS",)),
        ("KAS/USDT breaks down", ("KAS",)),
        ("Stellar network halts", ("XLM",)),
        ("Stellar results at Coinbase", ()),
        ("Terra (LUNA) and the terra incognita", ("LUNA",)),
        ("Pancakeswap 集成 Transak", ("CAKE",)),
    ],
)
def test_coins_are_known_by_name_and_ticker_and_words_are_not_coins(text: str, bases: tuple[str, ...]) -> None:
    assert bases_in(text) == bases


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("Zyrex (ZYX) hacked", ("ZYX",)),
        ("ZYX token exploited for $4M", ("ZYX",)),
        ("$ZYX plunges 80%", ("ZYX",)),
        ("ZYX-USDT delisted", ("ZYX",)),
        ("Zyrex protocol drained", ("ZYREX",)),
        ("Zyrex's network halts", ("ZYREX",)),
        ("Bitcoin falls as Zyrex protocol is drained", ("BTC", "ZYREX")),
    ],
)
def test_a_coin_that_nobody_listed_is_told_by_how_it_is_written(text: str, bases: tuple[str, ...]) -> None:
    assert bases_in(text) == bases


@pytest.mark.parametrize(
    "text",
    [
        "Crypto market crashes as exchange is hacked",
        "Exchange halts withdrawals, $1.5B stolen",
        "Securities and Exchange Commission (SEC) sues exchange",
        "Financial Conduct Authority (FCA) warns",
        "Spot ETF token approved",
        "Lightning network grows",
        "EUR/USD slides",
        "USDT/USD loses its peg",
        "Tether (USDT) loses its peg",
        "CRYPTO CRASH: ALL TOKENS DOWN",
        "Blockchain network of banks goes live",
        "$5B wiped out in US$ terms",
    ],
)
def test_news_of_the_market_a_stablecoin_or_an_authority_is_for_all(text: str) -> None:
    assert bases_in(text) == ()


def test_blinded_prompts_mask_the_coins_that_they_always_masked() -> None:
    assert first_bases_in("Bitcoin, $LINK and ADA; Kaspa, $KAS and Stellar network") == ("ADA", "BTC", "LINK")


def test_the_lists_of_coins_are_sound() -> None:
    listed = coins()
    assert len({coin.base for coin in listed}) == len(listed) > 300
    names = [name for coin in listed for name in (*coin.names, *coin.words)]
    assert len(set(names)) == len(names)
    assert all(name == name.lower().strip() for name in names)
    assert not tickers() & no_coins("stable", "money")
    assert {coin.base for coin in listed if coin.alone and len(coin.base) < 3} == set()


@given(text=st.text(max_size=200))
def test_any_text_names_coins_in_capitals_each_once_and_in_order(text: str) -> None:
    found = bases_in(text)
    assert list(found) == sorted(set(found))
    assert all(base == base.upper() for base in found)


@given(raw=st.text(max_size=700))
def test_plain_text_is_one_short_line_of_visible_characters(raw: str) -> None:
    text = plain(raw)
    assert len(text) <= MAX_HEADLINE
    assert text == " ".join(text.split())
    assert not any(unicodedata.category(c)[0] == "C" for c in text)
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<p>Up&nbsp;5%</p>", "Up 5%"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Sold", "alert(1) Sold"),
        ("price < 100 and > 50", "price < 100 and > 50"),
        ("a\x00b\u202ec\ud800d\u200be", "a bcde"),
        ("“Quoted” – it’s fine…", '"Quoted" - it\'s fine...'),
        ("<img src=x onerror=alert(1)>Rally", "Rally"),
        ("  \n\t ", ""),
    ],
)
def test_markup_control_and_invisible_characters_are_taken_out(raw: str, text: str) -> None:
    assert plain(raw) == text


def test_a_flood_of_open_tags_is_read_quickly_and_cut() -> None:
    assert len(plain("<a " * 2_000_000)) <= MAX_HEADLINE
    assert not re.search(r"<[a-z]", plain("<a>" * 5_000_000 + "x"))


def test_a_scorer_of_your_own_is_named_by_its_module_and_one_that_is_none_is_refused() -> None:
    assert isinstance(scorer_of("vader"), HeadlineScorer)
    assert isinstance(scorer_of("sentiment.scoring:HeadlineScorer"), HeadlineScorer)
    for name in ("no.such:Scorer", "sentiment.scoring:Nobody", "collections:OrderedDict", "sentiment.text:plain"):
        with pytest.raises(UsageFault, match="is no scorer"):
            scorer_of(name)
