"""What a run without sessions of the court cannot count: reviews of what is held, rulings that come later, and what is entered
before them."""

from config.errors import UsageFault
from config.settings import Settings


def refuse_reviews_and_delays(settings: Settings, why: str) -> None:
    """Raise UsageFault if the court is to review what is held, or needs time. `why`: what it is that knows neither."""
    court = settings.court
    found = {
        "review_every": court.review_every is not None,
        "review_watched": court.review_watched,
        "fast_share": court.mind == "models" and court.fast_share is not None,
        "latency_s": court.mind == "models" and bool(court.latency_s),
        "wait": court.mind == "models" and not court.wait,
    }
    asked = next((name for name, is_set in found.items() if is_set), None)
    if asked is not None:
        raise UsageFault(
            f"{why}, and court.{asked} is set. Nothing was run: leave it out, or use a command that runs the full engine."
        )
