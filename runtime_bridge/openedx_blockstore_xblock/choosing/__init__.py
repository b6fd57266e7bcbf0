"""Where there is a choice: what there is to choose from, who decides, and what was chosen."""
