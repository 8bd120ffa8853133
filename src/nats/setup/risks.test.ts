import { describe, expect, test } from "vitest";
import { isLocal, isNews } from "./risks.ts";

const sync = { code: "sync", message: "" };
const replicas = { code: "replicas", message: "" };

describe("a risk is told", () => {
  test("that lies in how the server syncs, unless it was chosen or it is for developing", () => {
    expect(isNews(sync, { clustered: false, local: true })).toBe(false);
    expect(isNews(sync, { clustered: false, local: false })).toBe(true);
    expect(isNews(sync, { clustered: true, local: true })).toBe(true);
    expect(isNews(sync, { clustered: true, local: false, syncAlways: true })).toBe(false);
    expect(isNews(sync, { clustered: false, local: false, syncAlways: false })).toBe(false);
  });

  test("that lies in one copy where there could be several", () => {
    expect(isNews(replicas, { clustered: false, local: false })).toBe(false);
    expect(isNews(replicas, { clustered: true, local: true })).toBe(true);
    expect(isNews(replicas, { clustered: true, local: true, replicas: 1 })).toBe(false);
    expect(isNews(replicas, { clustered: true, local: true, replicas: 3 })).toBe(true);
  });

  test("of any other kind", () => {
    const other = { code: "deny-delete", message: "" };
    expect(isNews(other, { clustered: false, local: true, replicas: 1 })).toBe(true);
  });
});

test.each(["127.0.0.1:4222", "localhost:4222", "127.8.0.1:1", "[::1]:4222", "::1:4222"])(
  "%s is on this machine",
  (server) => expect(isLocal(server)).toBe(true),
);

test.each(["10.0.0.1:4222", "nats:4222", "localhost.example.org:4222", "[fe80::1]:4222", ""])(
  '"%s" is elsewhere',
  (server) => expect(isLocal(server)).toBe(false),
);
