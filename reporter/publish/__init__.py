"""The edge that makes pictures and gives them addresses: figure → image file → address."""
