"""A folder -> the Hugging Face Hub. One call; the token is the one that `hf auth login` or HF_TOKEN has left."""

from __future__ import annotations

from pathlib import Path

from leti.errors import ExportError, MissingBackend

try:
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HTTPError
except ImportError as error:
    raise MissingBackend("huggingface_hub", "train") from error


def push(folder: Path, name: str) -> str:
    """Uploads a folder as a model: a private one, if there is none of this name yet.

    Returns:
        Its address.

    Raises:
        ExportError: there is no token, no network, or no right to it. The folder stays as it is.
    """
    api = HfApi()
    try:
        made = api.create_repo(name, private=True, exist_ok=True)
        api.upload_folder(repo_id=made.repo_id, folder_path=folder, commit_message="Export from LETI")
    except (HTTPError, OSError, ValueError, RuntimeError) as error:  # what the client raises, by where it failed
        said = " ".join(str(error).split())[:300]
        raise ExportError(
            f"{folder} is whole, but was not uploaded to {name}: {said}. Look for the network, and for a token that "
            f"may write there (hf auth login); then type: hf upload {name} {folder} --private"
        ) from error
    return str(made)


def cached_card(name: str, revision: str | None) -> str | None:
    """The model card of a model of the Hub, if it has been downloaded with the model."""
    found = try_to_load_from_cache(name, "README.md", revision=revision)
    return Path(found).read_text("utf-8") if isinstance(found, str) else None
