"""Headlines and their sentiment, point in time. Missing sentiment is `Abstained`, never a neutral zero."""
