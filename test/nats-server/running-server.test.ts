import { expect, test } from "vitest";
import { ConfigError } from "../../src/event/errors.ts";
import { runningServerUrl } from "../../src/testing/nats-server/index.ts";

test("no address is none", () => {
  expect(runningServerUrl({})).toBeUndefined();
  expect(runningServerUrl({ NATS_URL: " " })).toBeUndefined();
});

test.each([
  ["nats://127.0.0.1:4222", "nats://127.0.0.1:4222"],
  [" localhost:4222 ", "localhost:4222"],
  ["localhost", "localhost"],
  ["tls://user:pass@host:4222, wss://other:443", "tls://user:pass@host:4222,wss://other:443"],
  ["nats://[::1]:4222", "nats://[::1]:4222"],
])("%j is taken", (value, url) => {
  expect(runningServerUrl({ NATS_URL: value })).toBe(url);
});

test.each(["http://user:secret@host", "nats://", "host:port", "a,,b", "nats://host:99999"])(
  "%j is refused, without showing it",
  (value) => {
    const read = (): unknown => runningServerUrl({ NATS_URL: value });
    expect(read).toThrow(ConfigError);
    expect(read).not.toThrow(/secret/);
  },
);
