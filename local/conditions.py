"""The conditions under which run.sh decodes a set, as it names them, and as tables show them."""

from wfst_bias.report.conditions import Condition

LISTS = ("list100", "list1000", "list5000", "shared")
CONDITIONS = {name: Condition.of(name, set_name="").label for name in ("none", *LISTS)}
