import type { NatsConnection } from "@nats-io/transport-node";
import { ConfigError, InvalidInputError } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { expect, test } from "vitest";
import { checkServerVersion } from "../../src/nats/setup/server-version.ts";
import { Site } from "../faults/site.ts";

/** What nothing in TypeScript would let through. */
function open(connection: unknown): Promise<NatsStore> {
  return NatsStore.open(connection as NatsConnection, { name: "store" });
}

test('a connection of the old package "nats" is refused, with what to use instead', async () => {
  const method = (): void => undefined;
  const old = { jetstream: method, request: method, publish: method, subscribe: method };
  const whole = { ...old, isClosed: () => false, status: method };
  const opening = open(whole);
  await expect(opening).rejects.toThrow(ConfigError);
  await expect(open(whole)).rejects.toThrow(/package "nats" \(2\.x\).*@nats-io\/transport-node/);
});

test.each([undefined, null, {}, "nats://localhost", { request: 1 }])(
  "%j is no connection",
  async (given) => {
    await expect(open(given)).rejects.toThrow(InvalidInputError);
  },
);

test("a closed connection is refused at once", async () => {
  await using site = await Site.start(1);
  const connection = await site.connect();
  await connection.close();
  await expect(open(connection)).rejects.toThrow(/closed/);
});

const ofVersion = (version: string): NatsConnection =>
  ({ info: { version } }) as unknown as NatsConnection;

test.each(["2.10.29", "2.11.15", "1.4.1", "2.9.20-beta.1"])("server %s is too old", (version) => {
  expect(() => checkServerVersion(ofVersion(version))).toThrow(ConfigError);
  expect(() => checkServerVersion(ofVersion(version))).toThrow(`${version} is too old`);
});

test.each(["2.12.0", "2.12.6", "2.14.3", "2.14.9"])("server %s is a warning", (version) => {
  const warning = checkServerVersion(ofVersion(version));
  expect(warning).toMatchObject({ code: "old-server" });
  expect(warning?.message).toContain(version);
});

test.each(["2.15.0", "2.15.1", "2.16.0-preview.1", "3.0.0"])("server %s is fine", (version) => {
  expect(checkServerVersion(ofVersion(version))).toBeUndefined();
});
