"""The built-in texts in force, as the settings name them."""

from __future__ import annotations

from config.settings import Settings
from flowisectl.errors import InvalidSetting
from flowisectl.texts.text import OURS, BuiltInTexts


def texts_of(settings: Settings) -> BuiltInTexts:
    """Ours, or with the file that BUILT_IN_TEXTS_PATH names. Raises InvalidSetting."""
    path = settings.engine.texts_path
    if path is None:
        return OURS
    from flowisectl.texts.file import BrokenTexts, read_texts

    try:
        return read_texts(path)
    except BrokenTexts as error:
        raise InvalidSetting("BUILT_IN_TEXTS_PATH", str(path), str(error)) from error
