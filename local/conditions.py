"""The conditions under which run.sh decodes a set, as it names them, and as tables show them."""

CONDITIONS = {
    "none": "no list",
    "list100": "list of 100",
    "list1000": "list of 1,000",
    "list5000": "list of 5,000",
    "shared": "shared list",
}
