import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("a replay ends with a whole transaction, though it is stored while the end is asked for", async () => {
  const name = storeName();
  const writer = await site.client(name);
  const { store, connection } = await site.client(name);
  const transact = () =>
    writer.store.transact([
      { family: CounterEvents, id: "a", expect: "new", events: [counted("w", 1)] },
      { family: OtherEvents, id: "a", expect: "new", events: [counted("w", 1)] },
      { family: CounterEvents, id: "b", expect: "new", events: [counted("w", 1)] },
    ]);
  // Each family's end is asked for by a request of its own.
  const publish = connection.publish.bind(connection);
  const before = connection.stats().inMsgs;
  const spy = vi.spyOn(connection, "publish").mockImplementation((subject, payload, options) => {
    if (!String(payload).includes(`"last_by_subj":"${name}.Other.*"`)) {
      return publish(subject, payload, options);
    }
    void until("the other's answer", () => connection.stats().inMsgs > before)
      .then(transact)
      .then(() => publish(subject, payload, options));
  });
  const commits = await gatherAll(store.replay([CounterEvents, OtherEvents]).commits());
  spy.mockRestore();
  expect(commits.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});
