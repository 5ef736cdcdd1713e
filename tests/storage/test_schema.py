"""What every table promises."""

from sqlalchemy import BigInteger, Integer, String, Text

from isthmus.storage.schema import metadata

TABLES = metadata.sorted_tables


def test_times_and_money_are_wide_enough_everywhere() -> None:
    for table in TABLES:
        for column in table.columns:
            if column.name.endswith(("_ms", "nano_usd")) and column.name not in {
                "duration_ms",
                "first_token_ms",
                "first_attempt_ms",
                "queued_ms",
            }:
                assert isinstance(column.type, BigInteger), f"{table.name}.{column.name}"


def test_names_are_told_apart_by_case_on_every_engine() -> None:
    for table in TABLES:
        assert table.dialect_kwargs["mysql_collate"] == "utf8mb4_bin", table.name


def test_every_table_has_a_key_that_fits_every_engine() -> None:
    for table in TABLES:
        key = list(table.primary_key.columns)
        assert key, table.name
        # MySQL's longest index has 3072 bytes; a character may take four.
        size = sum(4 * (column.type.length or 0) for column in key if isinstance(column.type, String))
        assert size <= 3072, table.name


def test_secrets_have_columns_that_say_so() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.columns
        if "sealed" in column.name
    }
    assert {"accounts.sealed_credential", "accounts.sealed_proxy", "providers.sealed_settings"} <= sealed
    assert all(
        isinstance(column.type, Text | Integer)
        for table in TABLES
        for column in table.columns
        if "sealed_" in column.name
    )
