"""What belongs to a workspace as a whole: export, import, templates."""
