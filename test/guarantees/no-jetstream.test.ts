import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { NatsStore } from "jetfold/nats";
import { resolveNatsServer, startNatsServer } from "jetfold/testing";
import { expect, onTestFinished, test } from "vitest";
import { subscriptionsOf } from "../faults/follower.ts";
import { within } from "../faults/until.ts";

/** A nats-server that leaves out the argument by which JetStream is switched on. */
async function withoutJetStream(): Promise<string> {
  const { path } = await resolveNatsServer();
  const directory = await mkdtemp(join(tmpdir(), "jetfold-no-js-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const script = join(directory, "nats-server");
  const leaving = `for arg do shift; [ "$arg" = "-js" ] || set -- "$@" "$arg"; done`;
  await writeFile(script, `#!/bin/sh\n${leaving}\nexec "${path}" "$@"\n`);
  await chmod(script, 0o755);
  return script;
}

test("a server without JetStream is refused at once, in words that say what to do", async () => {
  const server = await startNatsServer({ binary: await withoutJetStream(), quiet: true });
  onTestFinished(() => server.close());
  const connection = await connect({ servers: server.url });
  onTestFinished(() => connection.close());
  expect(connection.info?.jetstream).not.toBe(true);
  const before = subscriptionsOf(connection);
  for (const [more, says] of [
    [{}, /has no JetStream: start it with "nats-server -js"/],
    [{ domain: "hub" }, /and nobody serves "\$JS.hub.API"/],
  ] as const) {
    const opening = NatsStore.open(connection, { name: "bank", ...more });
    const error: unknown = await within("the refusal", opening, 5_000).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "config" });
    expect(String(error)).toMatch(says);
    expect(subscriptionsOf(connection)).toBe(before);
  }
});

test("an account without JetStream is refused at once", async () => {
  const config = 'accounts { A { users: [{ user: "u", password: "p" }] } }';
  const server = await startNatsServer({ config, quiet: true });
  onTestFinished(() => server.close());
  const connection = await connect({ servers: server.url, user: "u", pass: "p" });
  onTestFinished(() => connection.close());
  const opening = NatsStore.open(connection, { name: "bank" });
  const error: unknown = await within("the refusal", opening, 5_000).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "config" });
  expect(String(error)).toMatch(/[Jj]et[Ss]tream not enabled for account/);
});
