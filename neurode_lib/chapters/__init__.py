"""What the chapters share: figures, sliders, models, and numbers in prose."""
