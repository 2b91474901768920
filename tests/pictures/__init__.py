"""Pictures for the README: what a real bot really sent to a loopback platform, drawn as the platform shows it."""
