/**
 * A process with purses in its memory: `<url> <store>`. For each line `<read|move> <id> <cents>` on
 * its input it prints what came of it: the purse it knows, or the purse after the move.
 */
import { createInterface } from "node:readline";
import { connect } from "@nats-io/transport-node";
import { execute, read } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { Purse } from "./purse.ts";

const [url, name] = process.argv.slice(2);
const connection = await connect({ servers: url! });
const store = await NatsStore.open(connection, { name: name!, onWarning: () => undefined });

/** Carry out a line. */
async function answer(line: string): Promise<string> {
  const [verb, id = "", cents] = line.split(" ");
  try {
    if (verb === "read") return `${(await read(store, Purse, id, { fresh: "cached" })).state}`;
    const { state, events } = await execute(store, Purse, id, { cents: Number(cents) });
    return `${state} after ${events.length} events`;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) console.log(await answer(line));
await store.close();
await connection.close();
