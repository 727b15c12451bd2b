"""When decisions and figures are published that move every market: FOMC decisions and US consumer prices."""
