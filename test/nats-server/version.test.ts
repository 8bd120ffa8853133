import { expect, test } from "vitest";
import { LogRing } from "../../src/testing/nats-server/log-ring.ts";
import { stderrProgress } from "../../src/testing/nats-server/progress.ts";
import { compareVersions, parseServerVersion } from "../../src/testing/nats-server/version.ts";

test.each([
  ["nats-server: v2.15.1\n", "2.15.1"],
  ["2.15.0-RC.2", "2.15.0-RC.2"],
  ["nats-server: v2.10", undefined],
  ["", undefined],
])("the version in %j is %j", (text, version) => {
  expect(parseServerVersion(text)).toBe(version);
});

test("versions rank by number, not by text, and a pre-release before its release", () => {
  const sorted = ["2.9.25", "2.12.0-RC.1", "2.12.0", "2.12.10", "2.15.1", "10.0.0"];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  expect(compareVersions("2.12.0", "2.12.0")).toBe(0);
});

test("a log keeps its end within bounds", () => {
  const log = new LogRing(10);
  for (const line of ["one\n", "two\n", "three\n", "four\n"]) log.append(Buffer.from(line));
  expect(log.text()).toBe("three\nfour\n");
  expect(log.tail(1)).toBe("four");
  log.append(Buffer.from("0123456789abcdef"));
  expect(log.text()).toBe("6789abcdef");
});

test("a percentage is rewritten on a terminal and printed in full elsewhere", () => {
  const print = (isTTY: boolean): string => {
    let text = "";
    const progress = stderrProgress({ isTTY, write: (part) => (text += part) });
    for (const line of ["fetching", "fetching: 10 %", "fetching: 20 %", "done"]) progress(line);
    return text;
  };
  expect(print(false)).toBe(
    "jetfold: fetching\njetfold: fetching: 10 %\njetfold: fetching: 20 %\njetfold: done\n",
  );
  expect(print(true)).toBe(
    "jetfold: fetching\njetfold: fetching: 10 %\r\u001B[Kjetfold: fetching: 20 %\r\u001B[Kjetfold: done\n",
  );
});
