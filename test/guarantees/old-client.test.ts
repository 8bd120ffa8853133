import type { NatsConnection } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { ConfigError, InvalidInputError } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { minimumServerVersion } from "jetfold/testing";
import { expect, test } from "vitest";
import { checkServerVersion, oldestServer } from "../../src/nats/setup/server-version.ts";
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

test.each(["2.10.29", "2.11.15", "2.12.1", "1.4.1", "2.9.20-beta.1"])(
  "server %s is too old",
  (version) => {
    expect(() => checkServerVersion(ofVersion(version))).toThrow(ConfigError);
    expect(() => checkServerVersion(ofVersion(version))).toThrow(`${version} is too old`);
  },
);

test.each([oldestServer, "2.12.6", "2.14.3", "2.14.9"])("server %s is a warning", (version) => {
  const warning = checkServerVersion(ofVersion(version));
  expect(warning).toMatchObject({ code: "old-server" });
  expect(warning?.message).toContain(version);
});

test("a store is not opened on a server that is too old, whatever the others are", async () => {
  await using site = await Site.start(1);
  const connection = await site.connect();
  const info = { ...connection.info, version: "2.12.1" };
  const old = Object.create(connection, { info: { value: info } }) as NatsConnection;
  await expect(open(old)).rejects.toThrow(`2.12.1 is too old: ${oldestServer} or newer is needed`);
  await connection.close();
});

test("the oldest server has one name: for the store, for tests and for readers", () => {
  expect(minimumServerVersion).toBe(oldestServer);
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const named = [...readme.matchAll(/(2\.12[.\d]*) or newer/g)].map(([, version]) => version);
  expect(named).toEqual([oldestServer, oldestServer]);
});

test.each(["2.15.0", "2.15.1", "2.16.0-preview.1", "3.0.0"])("server %s is fine", (version) => {
  expect(checkServerVersion(ofVersion(version))).toBeUndefined();
});
