#!/usr/bin/env python3
"""Prints what became of every row of TP-469.

    table.py RESULTS    folder with the gtest XML files of the conformance binaries

rows.csv: id, title, applicability (must; via CPE: as far as the device does its part; later: only once
the feature is offered; n/a), and for rows without a test the reason. Fails when a test failed, when a
row has neither a test nor a reason or has both, and when a test belongs to no row.
"""
import csv
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

WIDTH = 76  # of a title


def read_results(folder):
    """id -> did all its tests pass?"""
    results = {}
    strangers = []
    for file in sorted(folder.glob("*.xml")):
        for test in ElementTree.parse(file).iter("testcase"):
            name = re.match(r"(\d+)_(\d+)_", test.get("name"))
            if not name:
                if test.get("name"):
                    strangers.append(f"{file.stem}: {test.get('name')}")
                continue
            passed = test.get("result") == "completed" and test.find("failure") is None
            row = f"{name[1]}.{name[2]}"
            results[row] = results.get(row, True) and passed
    return results, strangers


def main():
    here = pathlib.Path(__file__).parent
    results, strangers = read_results(pathlib.Path(sys.argv[1]))
    counts = {"passed": 0, "failed": 0, "left out": 0, "NO TEST": 0}
    mistakes = [f"{name} is no row of rows.csv" for name in strangers]
    with open(here / "rows.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            passed = results.pop(row["id"], None)
            if passed is not None:
                result = "passed" if passed else "failed"
                if row["reason"]:
                    mistakes.append(f"{row['id']} has a test and a reason to be left out")
            else:
                result = "left out" if row["reason"] else "NO TEST"
            counts[result] += 1
            because = f": {row['reason']}" if result == "left out" else ""
            print(f"{row['id']:>5}  {row['title'][:WIDTH]:{WIDTH}}  {result}{because}")
    mistakes += [f"{row} is tested and no row of rows.csv" for row in results]
    print(", ".join(f"{count} {result}" for result, count in counts.items() if count))
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes or counts["failed"] or counts["NO TEST"] else 0


if __name__ == "__main__":
    sys.exit(main())
