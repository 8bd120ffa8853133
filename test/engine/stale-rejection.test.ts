import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execute, read, RejectedError } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Nodes, Site, storeName } from "../faults/site.ts";
import { within } from "../faults/until.ts";
import { Purse } from "./purse.ts";

/** Another process on the same store. */
interface Child extends AsyncDisposable {
  /** See purse-child.ts. */
  ask(line: string): Promise<string>;
}

async function startChild(site: Site, name: string): Promise<Child> {
  const script = fileURLToPath(new URL("./purse-child.ts", import.meta.url));
  const options = ["--import", "tsx", "-C", "@jetfold/source"];
  const child = spawn(process.execPath, [...options, script, site.urls.at(-1)!, name], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (what: string): Promise<string> =>
    (await within(what, lines.next(), 30_000)).value ?? "it has ended";
  expect(await next("the child to start")).toBe("ready");
  return {
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next(line);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      expect(await within("the child to end", exited)).toEqual([0, null]);
    },
  };
}

describe.each([1, 3] satisfies Nodes[])("on %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  test("what another process decided on a root in its memory counts only if it is true", async () => {
    const name = storeName();
    const { store } = await site.client(name);
    await using child = await startChild(site, name);

    // It knows a purse of 10; there are 110 by now.
    expect(await child.ask("move a 10")).toBe("10 after 1 events");
    await execute(store, Purse, "a", { cents: 100 });
    expect(await child.ask("read a")).toBe("10");
    expect(await child.ask("move a -50")).toBe("60 after 1 events");

    // It would do nothing, with 2000 in mind; there are 5.
    expect(await child.ask("move b 2000")).toBe("2000 after 1 events");
    await execute(store, Purse, "b", { cents: -1995 });
    expect(await child.ask("read b")).toBe("2000");
    expect(await child.ask("move b 1")).toBe("6 after 1 events");

    // It would give what is gone: that conflicts, and then the no is true.
    expect(await child.ask("move c 100")).toBe("100 after 1 events");
    await execute(store, Purse, "c", { cents: -90 });
    expect(await child.ask("read c")).toBe("100");
    expect(await child.ask("move c -50")).toBe("Rejection: there are 10");

    // It says no, and it still is one, though the purse has changed.
    await execute(store, Purse, "c", { cents: 20 });
    expect(await child.ask("move c -50")).toBe("Rejection: there are 30");

    // The other way round, in this process.
    expect((await read(store, Purse, "a", { fresh: "leader" })).state).toBe(60);
    expect(await child.ask("move a -60")).toBe("0 after 1 events");
    expect((await read(store, Purse, "a", { fresh: "cached" })).state).toBe(60);
    const rejected = execute(store, Purse, "a", { cents: -1 });
    await expect(rejected).rejects.toThrow(RejectedError);
    expect(await child.ask("move a 7")).toBe("7 after 1 events");
    expect((await execute(store, Purse, "a", { cents: -7 })).state).toBe(0);
  });

  test("processes that take turns never decide on what the other has changed", async () => {
    const name = storeName();
    const { store } = await site.client(name);
    await using child = await startChild(site, name);
    for (let round = 0; round < 100; round++) {
      // Each takes exactly what the other has put in, so that every stale root would say no.
      expect((await execute(store, Purse, "p", { cents: 3 })).state).toBe(3);
      expect(await child.ask("move p -3")).toBe("0 after 1 events");
      expect(await child.ask("move p 5")).toBe("5 after 1 events");
      expect((await execute(store, Purse, "p", { cents: -5 })).state).toBe(0);
    }
  });
});
