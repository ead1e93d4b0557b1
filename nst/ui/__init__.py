"""The app: one module a tab, layout and wiring."""
