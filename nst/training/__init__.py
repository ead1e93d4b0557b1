"""Making styles: what the scripts in ``train/`` and the app's own teaching are built of."""
