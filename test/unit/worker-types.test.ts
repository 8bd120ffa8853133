import type { Running, WaitOptions } from "jetfold";
import {
  type DataOf,
  type QueriesOf,
  runInWorker,
  startWorker,
  transfer,
  type Transfer,
  type WorkerContext,
  type WorkerProjection,
} from "jetfold/worker";
import { expect, expectTypeOf, test } from "vitest";

// What is checked here is checked by the compiler: nothing of it starts a thread.

declare const running: Running;
declare const screen: WorkerProjection<QueriesOf<TabsWorker>>;
const url = new URL("file:///tabs-worker.js");

interface Tab {
  readonly table: number;
}

function tabsWorker() {
  return runInWorker({
    async start({ data }: WorkerContext<{ readonly url: string }>) {
      await Promise.resolve();
      expectTypeOf(data).toEqualTypeOf<{ readonly url: string }>();
      return {
        running,
        queries: {
          tabForTable: (table: number): Tab | undefined => ({ table }),
          tables: (open = true) => Promise.resolve([Number(open)]),
          picture: (): Transfer<Uint8Array> => transfer(new Uint8Array(1)),
          store: (picture: Uint8Array, name: string): number => picture.length + name.length,
        },
        close: () => undefined,
      };
    },
  });
}
type TabsWorker = ReturnType<typeof tabsWorker>;

function plainWorker() {
  return runInWorker({ start: () => ({ running }) });
}
type PlainWorker = ReturnType<typeof plainWorker>;

/** Compiled, never called. */
function expectToCompile(body: () => unknown): void {
  expectTypeOf(body).toBeFunction();
}

test("a worker's type says what it is given and what it can be asked", () => {
  expectTypeOf<DataOf<TabsWorker>>().toEqualTypeOf<{ readonly url: string }>();
  expectTypeOf<keyof QueriesOf<TabsWorker>>().toEqualTypeOf<
    "tabForTable" | "tables" | "picture" | "store"
  >();
});

test("a worker is started with the data it wants", () => {
  expectToCompile(async () => {
    const started = await startWorker<TabsWorker>(url, { data: { url: "nats://" } });
    expectTypeOf(started).toEqualTypeOf(screen);
    await startWorker<PlainWorker>(url);
    await startWorker<PlainWorker>(url, { restart: { firstMs: 1 } });
  });
  // @ts-expect-error the data is missing
  expectToCompile(() => startWorker<TabsWorker>(url));
  // @ts-expect-error the data is missing
  expectToCompile(() => startWorker<TabsWorker>(url, {}));
  // @ts-expect-error there is no such data
  expectToCompile(() => startWorker<TabsWorker>(url, { data: { path: "" } }));
});

test("a query has its own arguments and its own result", () => {
  expectToCompile(async () => {
    const options: WaitOptions = { timeoutMs: 5 };
    expectTypeOf(await screen.query("tabForTable", [42], options)).toEqualTypeOf<Tab | undefined>();
    expectTypeOf(await screen.query("tables")).toEqualTypeOf<number[]>();
    expectTypeOf(await screen.query("tables", [false])).toEqualTypeOf<number[]>();
    expectTypeOf(await screen.query("tables", [], options)).toEqualTypeOf<number[]>();
    expectTypeOf(await screen.query("picture")).toEqualTypeOf<Uint8Array>();
    const picture = new Uint8Array(1);
    expectTypeOf(await screen.query("store", [picture, "a"])).toEqualTypeOf<number>();
    expectTypeOf(await screen.query("store", [transfer(picture), "a"])).toEqualTypeOf<number>();
  });
  // @ts-expect-error there is no such query
  expectToCompile(() => screen.query("tabsForTable", [42]));
  // @ts-expect-error a table is a number
  expectToCompile(() => screen.query("tabForTable", ["42"]));
  // @ts-expect-error the table is missing
  expectToCompile(() => screen.query("tabForTable"));
  // @ts-expect-error the name is missing
  expectToCompile(() => screen.query("store", [new Uint8Array(1)]));
  // @ts-expect-error a picture is moved by its own type
  expectToCompile(() => screen.query("store", [transfer(new ArrayBuffer(1)), "a"]));
});

test("what is not whole is not moved", () => {
  // @ts-expect-error which buffers?
  expectToCompile(() => transfer({ picture: new Uint8Array(1) }));
  expectToCompile(() => transfer({ picture: new Uint8Array(1) }, []));
});

test("a worker without queries can't be asked", () => {
  expectToCompile(async () => {
    const plain = await startWorker<PlainWorker>(url);
    // @ts-expect-error there is none
    await plain.query("anything");
  });
});

test("a worker's module is refused where no worker was started", () => {
  expect(tabsWorker).toThrow("loaded by startWorker");
  expect(plainWorker).toThrow("import only its type");
});
