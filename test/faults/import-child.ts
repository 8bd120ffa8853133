/** Imports the counters, and says what it did: `<url> <store>`. */
import { connect } from "@nats-io/transport-node";
import { importCommits } from "../../src/import/index.ts";
import { NatsStore } from "jetfold/nats";
import { countersToImport } from "./imported-counters.ts";

const [url, name] = process.argv.slice(2);
const connection = await connect({ servers: url! });
const store = await NatsStore.open(connection, { name: name!, onWarning: () => undefined });
const imported = await importCommits(store, countersToImport(), { maxInFlight: 64 });
console.log(JSON.stringify(imported));
await store.close();
await connection.close();
