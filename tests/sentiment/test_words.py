"""Text, coins and events as properties: what is plain stays plain, what is named is found anywhere, and a denial is no event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.bases import bases_in
from sentiment.events import FLAGS, event_flags
from sentiment.text import MAX_HEADLINE, plain

TAGS = st.sampled_from(["<b>", "</b>", "<br/>", "<script src=x>", "<!-- no -->", "<a href='x'>", "</div>"])
WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
NAMES = {"Bitcoin": "BTC", "Ethereum": "ETH", "Solana": "SOL", "Cardano": "ADA", "Dogecoin": "DOGE", "Ripple": "XRP"}
HAPPENS = {
    "hack": "Exchange hacked overnight",
    "exploit": "Protocol exploited through a flash loan attack",
    "rug_pull": "Token was a rug pull",
    "halt": "Exchange halts withdrawals",
    "outage": "Network outage enters its third hour",
    "depeg": "Stablecoin loses its peg",
    "delisting": "Exchange to delist the token",
    "lawsuit": "Founder sued by investors",
    "insolvency": "Lender files for bankruptcy",
    "ban": "Country bans mining",
}


@given(raw=st.text(max_size=700))
def test_what_is_plain_stays_as_it_is(raw: str) -> None:
    once = plain(raw)
    assert len(once) <= MAX_HEADLINE
    assert "\n" not in once
    assert once == once.strip()
    assert "  " not in once


@given(words=st.lists(WORD, min_size=1, max_size=8), tags=st.lists(TAGS, min_size=8, max_size=8))
def test_markup_between_words_is_a_blank_and_nothing_else(words: list[str], tags: list[str]) -> None:
    marked = "".join(f"{tag}{word}" for tag, word in zip(tags, words, strict=False))
    assert plain(marked) == " ".join(words)


@given(words=st.lists(WORD, min_size=1, max_size=8))
def test_markup_that_was_escaped_once_does_not_survive(words: list[str]) -> None:
    escaped = "&lt;b&gt;".join(words)
    assert plain(escaped) == " ".join(words)


@pytest.mark.parametrize("space", ["\t", "\r\n", "\u00a0", "\u2003", "\x0b", "  "])
def test_every_kind_of_blank_is_one_blank(space: str) -> None:
    assert plain(f"{space}up{space}{space}again{space}") == "up again"


@pytest.mark.parametrize("invisible", ["\u200b", "\u200e", "\u202e", "\ufeff", "\u2060", "\u00ad"])
def test_what_cannot_be_seen_is_taken_out_without_a_trace(invisible: str) -> None:
    assert plain(f"Bit{invisible}coin") == "Bitcoin"
    assert bases_in(plain(f"Bit{invisible}coin")) == ("BTC",)


@given(names=st.lists(st.sampled_from(sorted(NAMES)), max_size=6), words=st.lists(WORD, min_size=7, max_size=7))
def test_every_coin_that_is_named_is_found_once_whatever_stands_between(names: list[str], words: list[str]) -> None:
    text = " ".join(part for pair in zip(words, [*names, ""], strict=False) for part in pair)
    assert set(bases_in(text)) >= {NAMES[name] for name in names}
    assert list(bases_in(text)) == sorted(set(bases_in(text)))


@pytest.mark.parametrize(("name", "base"), NAMES.items())
def test_a_name_counts_in_any_case_and_a_ticker_in_capitals_only(name: str, base: str) -> None:
    assert bases_in(f"why {name.lower()} rose") == bases_in(f"WHY {name.upper()} ROSE") == (base,)
    assert bases_in(f"why {base} rose") == bases_in(f"why ${base} rose") == (base,)
    assert bases_in(f"why {base.lower()} rose") == ()


@pytest.mark.parametrize(
    ("word", "base"), [("LINK", "LINK"), ("NEAR", "NEAR"), ("DOT", "DOT"), ("OP", "OP"), ("TON", "TON")]
)
def test_a_ticker_that_is_a_word_needs_its_dollar_sign(word: str, base: str) -> None:
    assert bases_in(f"CLICK THE {word} BELOW") == ()
    assert bases_in(f"buying ${word} now") == (base,)


@pytest.mark.parametrize(("longer", "base"), [("Bitcoin Cash", "BCH"), ("Ethereum Classic", "ETC")])
def test_the_longer_name_is_not_the_shorter_coin(longer: str, base: str) -> None:
    assert bases_in(f"{longer} forks again") == (base,)


def test_a_coin_inside_another_word_is_none() -> None:
    assert bases_in("bitcoiners and ethereumish solanas") == ()


def test_an_example_of_every_flag_is_known() -> None:
    assert HAPPENS.keys() == set(FLAGS)


@pytest.mark.parametrize(("flag", "text"), HAPPENS.items())
@pytest.mark.parametrize("shape", [str, str.lower, str.upper], ids=["as written", "lower", "upper"])
def test_an_event_is_seen_in_any_case(flag: str, text: str, shape: type[str]) -> None:
    assert flag in event_flags(shape(text))


@given(one=st.sampled_from(FLAGS), other=st.sampled_from(FLAGS))
def test_two_events_raise_both_flags_in_their_fixed_order(one: str, other: str) -> None:
    found = event_flags(f"{HAPPENS[one]}. Meanwhile and somewhere else altogether: {HAPPENS[other]}")
    assert {one, other} <= set(found)
    assert list(found) == [flag for flag in FLAGS if flag in found]


@pytest.mark.parametrize(
    "text",
    [
        "Exchange denies it was hacked",
        "No hack, says the exchange",
        "Lawsuit dismissed by judge",
        "Country lifts its ban on mining",
        "Exchange averts bankruptcy",
        "Delisting averted at the last minute",
    ],
)
def test_what_was_denied_averted_or_ended_is_no_event(text: str) -> None:
    assert event_flags(text) == ()


@given(text=st.text(max_size=300))
def test_flags_are_of_the_closed_set_and_each_once(text: str) -> None:
    found = event_flags(text)
    assert set(found) <= set(FLAGS)
    assert len(found) == len(set(found))
