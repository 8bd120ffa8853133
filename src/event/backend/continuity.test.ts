import { describe, expect, test } from "vitest";
import type { Cut } from "../commit.ts";
import { encodeBinaryFrame } from "../wire/frame-binary.ts";
import { decodeFrame } from "../wire/frame-format.ts";
import { type Head, linksTo, noHead } from "../head.ts";
import { Continuity } from "./continuity.ts";
import { locationOf, type StoredMessage } from "./stored-message.ts";

/** The commits of a store's aggregates, as they are stored one after the other. */
class Log {
  readonly #heads = new Map<string, Head>();
  #sequence = 0;

  /** The next commit of an aggregate, of one event. */
  append(id: string): StoredMessage {
    const sequence = ++this.#sequence;
    const head = this.#heads.get(id) ?? noHead;
    const content = {
      commitId: "c",
      codec: "json",
      events: [{ type: "Done", version: 1, body: Buffer.from("{}") }],
    };
    const place = { family: "Job", id, head, part: 1, parts: 1 };
    const { bytes, checksum } = encodeBinaryFrame(place, content);
    const links = linksTo(sequence, head.links);
    this.#heads.set(id, { sequence, revision: head.revision + 1, checksum, links });
    return { sequence, timeMs: 0, family: "Job", id, payload: bytes };
  }
}

function follow(continuity: Continuity, message: StoredMessage, gone = true): Cut | undefined {
  const frame = decodeFrame(message.payload, locationOf(message));
  return continuity.follow(message, frame, gone);
}

const some = 3;

describe("continuity", () => {
  test.each([0, 2])("of aggregates that were forgotten raises no alarm (after %i)", (after) => {
    const log = new Log();
    const continuity = new Continuity({ after }, some);
    const ids = Array.from({ length: 10 }, (_, n) => `n${n}`);
    for (let round = 0; round < 6; round++) {
      for (const id of round % 2 === 0 ? ids : ids.toReversed()) {
        const message = log.append(id);
        if (message.sequence <= after) continue;
        expect(follow(continuity, message)).toEqual({ missing: 0, hole: undefined });
      }
    }
  });

  test("raises none where one is met again just as others are forgotten", () => {
    const log = new Log();
    const continuity = new Continuity({ after: 1 }, some);
    log.append("before");
    for (const id of "abcadbeafbgahbiajbkalbambnbab") {
      expect(follow(continuity, log.append(id))).toEqual({ missing: 0, hole: undefined });
    }
  });

  test("notices what is missing behind what is remembered, however many were forgotten", () => {
    const log = new Log();
    const continuity = new Continuity({ after: 0, promised: 0 }, some);
    for (let n = 0; n < 20; n++) follow(continuity, log.append(`n${n}`));
    log.append("late");
    const cut = follow(continuity, log.append("late"));
    expect(cut).toMatchObject({ missing: 1, hole: { code: "truncated" } });
    log.append("n0");
    expect(follow(continuity, log.append("n0"))).toMatchObject({ hole: { code: "truncated" } });
  });

  test("can't tell of one that was forgotten and lacks what came before that", () => {
    const log = new Log();
    const continuity = new Continuity({ after: 0 }, some);
    follow(continuity, log.append("a"));
    const [lost, next] = [log.append("a"), log.append("a")];
    expect(lost.sequence).toBe(2);
    for (let n = 0; n < 20; n++) follow(continuity, log.append(`n${n}`));
    expect(follow(continuity, next)).toEqual({ missing: 0, hole: undefined });
  });

  test("goes on behind a commit that could not be read, from there", () => {
    const log = new Log();
    const continuity = new Continuity({ after: 0 });
    follow(continuity, log.append("a"));
    continuity.forget(log.append("a"));
    expect(follow(continuity, log.append("a"))).toEqual({ missing: 0, hole: undefined });
    continuity.forget(log.append("a"));
    log.append("a");
    expect(follow(continuity, log.append("a"))).toMatchObject({ hole: { code: "truncated" } });
  });

  test("asks what lies where a link leads before it believes it, and then no more", () => {
    const log = new Log();
    const continuity = new Continuity({ after: 1 });
    const lost = ["a", "b", "c"].map((id) => [log.append(id), log.append(id)] as const);
    const ask = (n: number): Cut | undefined => {
      const message = lost[n]![1];
      const frame = decodeFrame(message.payload, locationOf(message));
      return continuity.follow(message, frame);
    };
    expect(ask(0)).toEqual({ missing: 0, hole: undefined });
    expect(ask(1)).toBeUndefined();
    expect(ask(1)).toBeUndefined();
    continuity.distrustLinks();
    expect(ask(1)).toEqual({ missing: 0, hole: undefined });
    expect(ask(2)).toEqual({ missing: 0, hole: undefined });
  });
});
