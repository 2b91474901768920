"""The adapters: one folder for each platform, and the composition root that starts them."""
