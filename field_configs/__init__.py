"""Types and first data of a deployment as TOML, and their only reader."""
