"""What was measured and forecast: readings, weather of others and the places it is from."""
