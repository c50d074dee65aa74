"""Files that leave the system: exports, reports, and the page that offers them."""
