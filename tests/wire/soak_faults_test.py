"""The checker of the kill soak is proved: every planted fault is found under its right name.

SPDX-License-Identifier: MIT
"""

import faults
import prove
import pytest
from checker import check

RECORDED = [fault for fault in faults.PLANTED if fault.where == "record"]
LIVE = [fault for fault in faults.PLANTED if fault.where != "record"]


def by_name(fault):
    return f"{fault.where}-{fault.name}"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """What was written down of a true run."""
    return prove.true_run(tmp_path_factory.mktemp("true"))


def test_a_true_run_has_no_fault(base):
    found = check(*base)
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("fault", RECORDED, ids=by_name)
def test_it_is_found_in_the_record(fault, base, tmp_path):
    assert fault.law in prove.found(fault, tmp_path, base)


@pytest.mark.parametrize("fault", LIVE, ids=by_name)
def test_it_is_found_when_it_happens(fault, tmp_path):
    assert fault.law in prove.found(fault, tmp_path)
