"""What is said of a village and its fields, as pages show it."""
