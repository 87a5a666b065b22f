"""All tests may use the fixtures that plugin authors use."""

pytest_plugins = ["guildshop.testing", "tests.wheels"]
