"""Pure: from the plots of a comparison to drawings, a picture's and a page's figure each. Touches nothing outside."""

from reporter.figures.draw import draw, select_pictures
from reporter.figures.encode import figure_json

__all__ = ["draw", "figure_json", "select_pictures"]
