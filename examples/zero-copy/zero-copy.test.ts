import { msgpackCodec } from "jetfold";
import { describe, expect, it } from "vitest";
import { type Backend, memoryBackend } from "./backends.ts";
import { bytesCopied, bytesHeld, isViewInto } from "./bytes-copied.ts";
import { checkLazyFields, checkSkipping, checkViews } from "./checks.ts";
import { countingCodec } from "./counting-codec.ts";
import { verdictsOf } from "./findings.ts";
import { measure, samples } from "./reading.ts";
import { recordFrames } from "./record.ts";
import { retention } from "./retention.ts";
import { interleaved } from "./stopwatch.ts";
import { bytesText, tableOf } from "./table.ts";
import { checkAll, record } from "./tour.ts";
import { json, lazy, plain, skip, views } from "./ways-to-read.ts";

const backend: Backend = memoryBackend();

describe("the checks", () => {
  it("hold on a store in memory", async () => {
    await using store = await backend.open();
    await record(store);
    const checks = await checkAll(backend, store);
    expect(checks.map(({ held, claim }) => (held ? "held" : claim))).toEqual(
      Array<string>(4).fill("held"),
    );
  });

  it("fail when decoding copies", async () => {
    await using store = await backend.open({
      ...msgpackCodec,
      name: "msgpack-copying",
      decode: (bytes, subject) => msgpackCodec.decode(Uint8Array.from(bytes), subject),
    });
    await recordFrames(store);
    expect(await checkViews(store)).toMatchObject({ held: false });
  });

  it("fail when a skipped body is decoded", async () => {
    const codec = countingCodec();
    await using store = await backend.open(codec);
    await recordFrames(store);
    codec.decode(codec.encode({}, ""), "");
    expect(await checkSkipping(store, codec)).toMatchObject({ held: false });
  });

  it("count every event that was recorded", async () => {
    await using store = await backend.open();
    await record(store);
    const { claim } = await checkLazyFields(store);
    expect(claim).toContain(`${240 + 60 + 2_000} events`);
  });
});

describe("measuring", () => {
  it("counts the bytes each way copies", async () => {
    await using store = await backend.open();
    await recordFrames(store);
    const { costs, events } = await measure(store, samples[0]!, 1);
    const perEvent = [json, plain, views, lazy, skip].map(
      (way) => costs.get(way)!.copiedBytes / events,
    );
    expect(perEvent).toEqual([33_024, 33_024, 0, 0, 0]);
  });

  it("finds that a view keeps its whole message, and a copy itself alone", async () => {
    await using store = await backend.open();
    await recordFrames(store);
    const { wantedBytes, heldByViews, heldByCopies } = await retention(store);
    expect(wantedBytes).toBe(240 * 256);
    expect(heldByCopies).toBe(wantedBytes);
    expect(heldByViews).toBeGreaterThan(240 * 33_024);
  });

  it("takes turns, each round beginning with another, and gives medians without warm-ups", async () => {
    const order: string[] = [];
    let round = 0;
    const timed = ["a", "b"].map((name) => () => {
      order.push(name);
      return round < 3 ? 1_000 : round + (name === "a" ? 0 : 0.5);
    });
    const medians = await interleaved(() => Promise.resolve(++round), timed, 3);
    expect(order.join("")).toBe("abbaabbaab");
    expect(medians).toEqual([4, 4.5]);
  });
});

describe("bytes", () => {
  const message = new Uint8Array(100).subarray(10, 60);

  it("are a view only when all of them lie in the message", () => {
    expect(isViewInto(message.subarray(0, 50), message)).toBe(true);
    expect(isViewInto(message.slice(0, 50), message)).toBe(false);
    expect(isViewInto(new Uint8Array(message.buffer, 9, 5), message)).toBe(false);
    expect(isViewInto(new Uint8Array(message.buffer, 58, 5), message)).toBe(false);
  });

  it("are copied when they are no view", () => {
    const event = { view: message.subarray(5), copy: message.slice(5), text: "text", list: [1] };
    expect(bytesCopied(event, message)).toBe(45);
  });

  it("hold the memory they look into, once", () => {
    expect(bytesHeld([message.subarray(1, 2), message.subarray(3), new Uint8Array(7)])).toBe(107);
  });

  it.each([
    [999, "999 B"],
    [33_090, "33.1 kB"],
    [7_925_760, "7.9 MB"],
  ])("of %i read as %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

describe("the report", () => {
  it("says what paid, what made little difference and what cost more", () => {
    const lines = verdictsOf([
      { what: "worse", ratio: 0.3 },
      { what: "same", ratio: 1.1 },
      { what: "better", ratio: 1.6 },
      { what: "best", ratio: 12.3 },
    ]);
    expect(lines.map((line) => line.trim().split(/ {2,}/).at(-1))).toEqual([
      "It paid",
      "best",
      "better",
      "It made little difference",
      "same",
      "It cost more than it saved",
      "worse",
    ]);
  });

  it("has a line for every way, as wide as the others", () => {
    const cost = { copiedBytes: 5_000, micros: 12.34 };
    const costs = new Map([json, plain, views, lazy, skip].map((way) => [way, cost]));
    const readings = samples.map((sample) => ({ sample, events: 2, bodyBytes: 70, costs }));
    const table = tableOf(readings);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table.at(-1)).toMatch(/^skipped +15\.0 kB( +12\.3 µs){3}$/);
  });
});
