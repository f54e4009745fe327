"""Where webhooks of a server with its default settings must not go. usage: guard.py URL"""

from checking import check, finish

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient()


def refused(url):
    try:
        client.create_webhook(name="ci", url=url, events=["model_version.created"])
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE", error
        return str(error)
    raise AssertionError(f"taken: {url}")


@check
def only_https_is_taken():
    assert "Invalid webhook URL scheme: 'http'. Allowed schemes are: https." in refused("http://ci.example/hook")


@check
def no_address_of_this_machine_or_network_is_taken():
    for host in (
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
    ):
        assert "must not resolve to a non-public IP address" in refused(f"https://{host}/hook"), host


finish()
