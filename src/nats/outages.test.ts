import { expect, test } from "vitest";
import { ConfigError, UnavailableError } from "../event/index.ts";
import type { StoredMessage } from "../event/backend/index.ts";
import { type Patient, pagesThroughOutages } from "./outages.ts";

const message = (sequence: number): StoredMessage => {
  return { sequence, timeMs: 0, family: "F", id: "a", payload: new Uint8Array() };
};

function patient(closed = false): { readonly of: Patient; readonly told: unknown[] } {
  const told: unknown[] = [];
  const stream = { connection: { isClosed: () => closed } } as unknown as Patient["stream"];
  const outage = (cause: Error | undefined): void => void told.push(cause?.message);
  return { of: { stream, signal: new AbortController().signal, outage }, told };
}

/** Gives a page of two after each place it is begun at, and throws what is next, until nothing is. */
function source(errors: Error[]) {
  return async function* pagesAfter(after: number) {
    if (errors.length === 2) throw errors.shift()!;
    yield [message(after + 1), message(after + 2)];
    if (errors.length > 0) throw errors.shift()!;
  };
}

async function read(of: Patient, errors: Error[]): Promise<number[]> {
  const sequences: number[] = [];
  for await (const page of pagesThroughOutages(of, 10, source(errors))) {
    sequences.push(...page.map(({ sequence }) => sequence));
  }
  return sequences;
}

test("history goes on after its last page, however often the server is away", async () => {
  const { of, told } = patient();
  const errors = ["one", "two"].map((text) => new UnavailableError(text));
  expect(await read(of, errors)).toEqual([11, 12, 13, 14]);
  expect(told).toEqual(["one", undefined, "two", undefined]);
});

test("what is no outage ends it, and so does one of a connection that is closed", async () => {
  await expect(read(patient().of, [new ConfigError("no")])).rejects.toThrow(ConfigError);
  const { of } = patient(true);
  await expect(read(of, [new UnavailableError("gone")])).rejects.toThrow(UnavailableError);
});
