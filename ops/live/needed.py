"""What is said where the packages of the window are not installed."""

INSTALL = 'The window needs packages that are not installed. Run: pip install "tribunal[serve]".'
