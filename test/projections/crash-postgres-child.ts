/** Runs a tally in PostgreSQL: `<nats url> <store> <pg url> <name> <mode>`. */
import pg from "pg";
import { observe } from "jetfold";
import { postgresCheckpoints } from "jetfold/postgres";
import { beginner, letGo, openStore, stay, tellState } from "./child.ts";
import { type Mode, tally } from "./tally.ts";

const [url, storeName, database, name, mode] = process.argv.slice(2);
await letGo();
// The name by which the parent finds its connections.
const pool = new pg.Pool({ connectionString: database, max: 2, application_name: name! });
const store = await openStore(url!, storeName!);
const projection = tally(name!, mode as Mode, beginner());
const checkpoints = postgresCheckpoints(pool);
await stay(observe(store, projection, { checkpoints, onState: tellState }));
