import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Stream } from "../stream.ts";
import { anything, type Asked, believe, believeBody } from "./believe.ts";
import { Mirrors } from "./mirrors.ts";

const warned: string[] = [];
const mirrors = new Mirrors(({ message }) => warned.push(message));
const stream = { name: "bank", mirrors } as Partial<Stream> as Stream;

/** A reply as the client keeps it. */
function replyOf(block: string, text = "body"): Msg {
  const hdr = Buffer.byteLength(block, "latin1");
  const data = Buffer.from(block + text, "latin1");
  const parts = { hdr: hdr === 0 ? -1 : hdr };
  return { _rdata: data, _msg: parts, data: data.subarray(hdr) } as Partial<Msg> as Msg;
}

const time = "2026-01-01T00:00:00.123456789Z";

/** What the server writes of a message, in its order. */
function serverLines(of: {
  readonly name?: string;
  readonly subject?: string;
  seq?: string;
}): string {
  const { name = "bank", subject = "bank.Account.ada", seq = "7" } = of;
  return `Nats-Stream: ${name}\r\nNats-Subject: ${subject}\r\nNats-Sequence: ${seq}\r\nNats-Time-Stamp: ${time}\r\n`;
}

/** How nats-server 2.15 puts its lines behind a stored header block: in place of its last two bytes. */
function blockOf(stored: string, lines: string): string {
  return `${stored.length > 2 ? stored.slice(0, -2) : "NATS/1.0\r\n"}${lines}\r\n`;
}

const message = {
  kind: "message",
  message: {
    family: "Account",
    id: "ada",
    sequence: 7,
    timeMs: Date.parse(time),
    payload: Buffer.from("body"),
  },
};

describe("a reply with the server's own lines", () => {
  it.each([
    "",
    "XX",
    "NATS/1.0\r\nA: b\r\n\r\n",
    "NATS/1.0 503\r\n\r\n",
    "NATS/1.0 204 EOB\r\nNats-Num-Pending: 0\r\nNats-Last-Sequence: 0\r\n\r\n",
    "AAAAAAAA 500 x",
    "NATS/1.0 404 Message Not Found",
    "no line end at all",
    `NATS/1.0\r\n${serverLines({ name: "other", seq: "1" })}\r\n`,
    "NATS/1.0\r\nNats-Stream: other\r\n\r\n",
    "NATS/1.0\r\nNats-Subject: bank.Account.bob\r\nNats-Sequence: 3",
  ])("is the message, whatever was stored above them: %j", (stored) => {
    const reply = replyOf(blockOf(stored, serverLines({})));
    expect(believe(stream, anything, reply)).toEqual(message);
  });

  it("is the message, whatever was stored above them", () => {
    const parts = fc.constantFrom(
      "NATS/1.0",
      " 503",
      "\r\n",
      ": ",
      "Nats-Stream: bank",
      " x",
      "\n",
    );
    const lines = fc.constantFrom(serverLines({ name: "other" }), serverLines({ seq: "1" }));
    const stored = fc.array(fc.oneof(parts, lines, fc.string()), { maxLength: 6 });
    fc.assert(
      fc.property(stored, (pieces) => {
        const reply = replyOf(blockOf(pieces.join(""), serverLines({})));
        expect(believe(stream, anything, reply)).toEqual(message);
      }),
    );
  });

  it.each(["other", "bank2", "xbank", "bank_m"])("is a mirror's when it names %s", (name) => {
    const claims = `NATS/1.0\r\n${serverLines({})}`;
    for (const stored of ["", claims, "NATS/1.0\r\nNats-Stream: bank"]) {
      const reply = replyOf(blockOf(stored, serverLines({ name })));
      expect(believe(stream, anything, reply)).toEqual({ kind: "mirror" });
    }
    expect(mirrors.answerFor("bank")).toBe(true);
    expect(warned).toHaveLength(1);
  });

  it.each<[string, Partial<Asked>, object]>([
    ["a lower sequence", { from: 8 }, {}],
    ["a higher sequence", { upTo: 6 }, {}],
    ["another subject", { subject: "bank.Account.bob" }, {}],
    ["another family", { subject: "bank.Other.*" }, {}],
    ["a longer subject", { subject: "bank.Account.*" }, { subject: "bank.Account.ada.x" }],
    ["a sequence that is no number", {}, { seq: "7x" }],
    ["a sequence that can't be told", {}, { seq: "9007199254740993" }],
    ["no sequence", {}, { seq: "" }],
    ["a sequence below 1", {}, { seq: "0" }],
    ["another message before it", { previous: 5 }, {}],
  ])("is not believed with %s than asked", (_, asked, told) => {
    const pages = "previous" in asked ? "Nats-Num-Pending: 1\r\nNats-Last-Sequence: 6\r\n" : "";
    const reply = replyOf(blockOf("", serverLines(told) + pages));
    expect(believe(stream, { ...anything, ...asked }, reply)).toEqual({ kind: "unsound" });
  });

  it("is of a page when it follows the message before", () => {
    const page = `${serverLines({})}Nats-Num-Pending: 1\r\nNats-Last-Sequence: 6\r\n`;
    const asked = { from: 7, upTo: 9, subject: "bank.Account.*", previous: 6 };
    expect(believe(stream, asked, replyOf(blockOf("", page)))).toEqual(message);
  });

  it("cut off anywhere is no message and no status", () => {
    const whole = blockOf("NATS/1.0 503\r\n\r\n", serverLines({}));
    for (let end = 20; end < whole.length - 4; end++) {
      const { kind } = believe(stream, anything, replyOf(whole.slice(0, end)));
      expect(kind, whole.slice(0, end)).not.toBe("message");
    }
  });
});

describe("a status", () => {
  const end = (pending: string, last: string): string =>
    `NATS/1.0 204 EOB\r\nNats-Num-Pending: ${pending}\r\nNats-Last-Sequence: ${last}\r\n\r\n`;

  it.each<[string, object]>([
    ["NATS/1.0 404 Message Not Found\r\n\r\n", { kind: "none" }],
    ["NATS/1.0 404\r\n\r\n", { kind: "none" }],
    [end("3", "9"), { kind: "end", pending: 3 }],
    [end("3", "8"), { kind: "unsound" }],
    [end("-1", "9"), { kind: "unsound" }],
    [end("18446744073709551615", "9"), { kind: "unsound" }],
    [end("", "9"), { kind: "unsound" }],
    ["NATS/1.0 204 EOB\r\n\r\n", { kind: "unsound" }],
    ["NATS/1.0 408 Bad Request\r\n\r\n", { kind: "refused", status: 408 }],
    ["NATS/1.0 503\r\nNats-Subject: a.b\r\n\r\n", { kind: "refused", status: 503 }],
    ["NATS/1.0 4040 x\r\n\r\n", { kind: "unsound" }],
    ["NATS/1.0 40\r\n\r\n", { kind: "unsound" }],
    ["NATS/1.1 404 x\r\n\r\n", { kind: "unsound" }],
    ["AAAAAAAA 404 x\r\n\r\n", { kind: "unsound" }],
    ["NATS/1.0\r\n\r\n", { kind: "unsound" }],
    ["", { kind: "unsound" }],
  ])("counts in the server's exact form only: %j", (block, answer) => {
    const asked = { ...anything, previous: 9 };
    expect(believe(stream, asked, replyOf(block, ""))).toEqual(answer);
  });
});

describe("a reply without headers", () => {
  it("is a body, and one with a block the server's word", () => {
    expect(believeBody(replyOf(""))).toEqual({ kind: "body", body: Buffer.from("body") });
    expect(believeBody(replyOf("", "")).kind).toBe("body");
    expect(believeBody(replyOf("NATS/1.0 404 Message Not Found\r\n\r\n", "")).kind).toBe("none");
    expect(believeBody(replyOf("NATS/1.0 204 EOB\r\n\r\n", "")).kind).toBe("end");
    expect(believeBody(replyOf("NATS/1.0 408 x\r\n\r\n", "")).kind).toBe("refused");
    expect(believeBody(replyOf("AAAAAAAA 204 x\r\n\r\n")).kind).toBe("unsound");
    expect(believeBody(replyOf(blockOf("", serverLines({})))).kind).toBe("unsound");
  });
});

describe("from a client that keeps no bytes", () => {
  const plain = (parsed: MsgHdrs): Msg =>
    ({ headers: parsed, data: Buffer.from("body") }) as Partial<Msg> as Msg;

  it("a message and a status are told from its headers", () => {
    const told = headers();
    for (const value of ["bank.Account.bob", "bank.Account.ada"])
      told.append("Nats-Subject", value);
    told.append("Nats-Stream", "bank");
    told.append("Nats-Sequence", "7");
    told.append("Nats-Time-Stamp", time);
    expect(believe(stream, anything, plain(told))).toEqual(message);
    told.set("Nats-Stream", "other");
    expect(believe(stream, anything, plain(told))).toEqual({ kind: "mirror" });
    expect(believe(stream, anything, plain(headers(404, "Not Found")))).toEqual({ kind: "none" });
  });
});
