import { describe, expect, it } from "vitest";
import { z } from "zod";
import { msgpackCodec } from "../codec/msgpack-codec.ts";
import { ConfigError, InvalidInputError } from "../errors.ts";
import { defineEvents, type Family } from "../family.ts";
import { prepareContent } from "./prepare.ts";

type Ordered = { type: "Ordered"; items: { price: number }[]; note?: string };

const item = z.object({ price: z.number() });
const plain = { type: z.literal("Ordered"), items: z.array(item), note: z.string().optional() };

function familyWith(schema: unknown): Family<Ordered> {
  return defineEvents<Ordered>()({
    name: "Order",
    types: { Ordered: {} },
    schema: schema as NonNullable<
      Parameters<ReturnType<typeof defineEvents<Ordered>>>[0]["schema"]
    >,
  });
}

function prepare(family: Family<Ordered>, event: unknown): unknown {
  const commit = { family, id: "o1", expect: "new", events: [event as Ordered] } as const;
  return prepareContent(commit, "c1", msgpackCodec);
}

describe("a schema", () => {
  const strict = familyWith(z.strictObject(plain));

  it("lets what it accepts be stored as it was given", () => {
    const good = { type: "Ordered", items: [{ price: 150 }] };
    expect(prepare(strict, good)).toMatchObject({ events: [{ type: "Ordered", version: 1 }] });
  });

  it("refuses the rest, naming the path", () => {
    const bad = { type: "Ordered", items: [{ price: "150" }] };
    expect(() => prepare(strict, bad)).toThrow(
      expect.objectContaining({ field: "events[0].items.0.price", code: "invalid-input" }),
    );
  });

  it.each([
    ["strips a key", z.object({ ...plain, items: z.array(item) }), { extra: 1 }],
    ["adds a default", z.object({ ...plain, note: z.string().default("none") }), {}],
    [
      "coerces",
      z.object({ ...plain, items: z.array(z.object({ price: z.coerce.number() })) }),
      { items: [{ price: "1" }] },
    ],
  ])("is a mistake of set-up when it %s", (_, schema, change) => {
    const event = { type: "Ordered", items: [{ price: 1 }], ...change };
    expect(() => prepare(familyWith(schema), event)).toThrow(ConfigError);
  });

  it.each([
    ["a default", (event: Ordered) => void (event.note ??= "none")],
    ["a coercion", ({ items }: Ordered) => void (items[0]!.price = Math.round(items[0]!.price))],
    ["a stripped key", ({ items }: Ordered) => void delete (items[0] as { price?: number }).price],
    [
      "a value that can't be stored",
      (event: Ordered) => void (event.note = new URL("a:b") as never),
    ],
  ])("is a mistake of set-up when it puts in %s where it stands", (_, change) => {
    const validate = (value: unknown) => (change(value as Ordered), { value });
    const family = familyWith({ "~standard": { version: 1, vendor: "test", validate } });
    const event = { type: "Ordered", items: [{ price: 1.5 }] };
    expect(() => prepare(family, event)).toThrow(ConfigError);
    expect(event).toEqual({ type: "Ordered", items: [{ price: 1.5 }] });
  });

  it("does no harm with what it does to the event it is given", () => {
    const validate = (event: unknown) => {
      const value = structuredClone(event);
      (event as Ordered).items.length = 0;
      return { value };
    };
    const family = familyWith({ "~standard": { version: 1, vendor: "test", validate } });
    const event = { type: "Ordered", items: [{ price: 1 }] };
    const { events } = prepare(family, event) as { events: { body: Uint8Array }[] };
    expect(msgpackCodec.decode(events[0]!.body, "")).toEqual({ items: [{ price: 1 }] });
  });

  it("is a mistake of set-up when it answers asynchronously", () => {
    const schema = z.object(plain).refine(() => Promise.resolve(true));
    expect(() => prepare(familyWith(schema), { type: "Ordered", items: [] })).toThrow(
      /asynchronous/,
    );
  });
});

describe("an event", () => {
  const family = familyWith(undefined);

  it.each([
    ["of an unknown type", { type: "Paid" }, "events[0].type"],
    ["without a type", { items: [] }, "events[0].type"],
    ["that is nothing", null, "events[0].type"],
    [
      "that is a class instance",
      new (class Ordered {
        type = "Ordered";
      })(),
      "events[0]",
    ],
    [
      "with a Map deep inside",
      { type: "Ordered", items: [{ price: new Map() }] },
      "events[0].items[0].price",
    ],
  ])("%s is refused with its path", (_, event, field) => {
    expect(() => prepare(family, event)).toThrow(InvalidInputError);
    expect(() => prepare(family, event)).toThrow(expect.objectContaining({ field }));
  });
});
