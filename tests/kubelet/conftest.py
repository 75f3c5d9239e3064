import pytest
import trustme

from tests.clock import ManualClock


@pytest.fixture(scope="session")
def ca():
    return trustme.CA(organization_name="The cluster's CA")


@pytest.fixture(scope="session")
def other_ca():
    return trustme.CA(organization_name="Another CA")


@pytest.fixture
def clock():
    return ManualClock()
