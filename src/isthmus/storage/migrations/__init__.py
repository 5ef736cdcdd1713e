"""From each schema to the next. Run by `storage.upgrade`; there is no way back but a backup made before."""
