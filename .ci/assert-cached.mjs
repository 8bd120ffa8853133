/** Asserts that this machine has a nats-server by now: what needs one fetches nothing. */
import { resolveNatsServer } from "jetfold/testing";

const { path, source, version } = await resolveNatsServer({ fetch: false });
console.log(`nats-server ${version}, from ${source}: ${path}`);
