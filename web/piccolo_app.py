"""Piccolo's registration of the web tables."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from guildshop.web.tables import (
    ApiToken,
    DiscordAccess,
    IdempotencyKey,
    Membership,
    PasswordReset,
    PasswordResetRequest,
    RecoveryCode,
    Session,
    SignInLimit,
    UserAccount,
)

APP_CONFIG = AppConfig(
    app_name="web",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        UserAccount,
        Session,
        RecoveryCode,
        PasswordResetRequest,
        PasswordReset,
        DiscordAccess,
        Membership,
        ApiToken,
        SignInLimit,
        IdempotencyKey,
    ],
)
