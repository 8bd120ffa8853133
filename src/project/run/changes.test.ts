import { describe, expect, it } from "vitest";
import { defineEvents } from "../../event/index.ts";
import { MemoryStore } from "../../memory/index.ts";
import { defineProjection, observe } from "../index.ts";
import { Changes } from "./changes.ts";

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("changes", () => {
  it("are told after they were made, those of one moment together", async () => {
    const changes = new Changes();
    let told = 0;
    changes.listen(() => told++);
    changes.tell();
    changes.tell();
    expect(told).toBe(0);
    await soon();
    expect(told).toBe(1);
    changes.tell();
    await soon();
    expect(told).toBe(2);
  });

  it("are not told to who was taken off, also in between, and to all others", async () => {
    const changes = new Changes();
    const told: string[] = [];
    const same = (): unknown => told.push("same");
    const off = changes.listen(() => told.push("off"));
    const first = changes.listen(same);
    changes.listen(same);
    changes.listen(() => first());
    changes.tell();
    off();
    await soon();
    expect(told).toEqual(["same", "same"]);
    changes.tell();
    await soon();
    expect(told).toEqual(["same", "same", "same"]);
  });

  it("of a projection are those of its state and its position", async () => {
    const Notes = defineEvents<{ readonly type: "Noted" }>()({
      name: "Note",
      types: { Noted: {} },
    });
    const store = await MemoryStore.open();
    const note = () =>
      store.publish({ family: Notes, id: "n", expect: "any", events: [{ type: "Noted" }] });
    await note();
    const running = observe(
      store,
      defineProjection({ name: "notes", events: Notes, project: () => undefined }),
    );
    const told: unknown[] = [];
    const off = running.onChange(() => told.push([running.state, running.position]));
    await running.caughtUp();
    await soon();
    expect(told.at(-1)).toEqual(["live", 1]);
    told.length = 0;
    await note();
    await running.reached(2);
    await soon();
    expect(told).toEqual([["live", 2]]);
    await running.stop();
    expect(told.at(-1)).toEqual(["stopped", 2]);
    off();
    await store.close();
  });
});
