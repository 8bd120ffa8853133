import { commit10 } from "./append/commit10.ts";
import { inFlight } from "./append/in-flight.ts";
import { sequential } from "./append/sequential.ts";
import { transaction } from "./append/transaction.ts";
import { warm } from "./execute/warm.ts";
import type { Scenario } from "./harness/scenario.ts";
import { bulk } from "./import/bulk.ts";
import { cold } from "./load/cold.ts";
import { contiguousLoad } from "./load/contiguous.ts";
import { growth } from "./load/growth.ts";
import { snapshotLoad } from "./load/snapshot.ts";
import { wideLoad } from "./load/wide.ts";
import { slowReader } from "./memory/slow-reader.ts";
import { memoryProjection } from "./project/memory.ts";
import { batchedPostgresProjection, postgresProjection } from "./project/postgres.ts";
import { familyReplay, groupReplay } from "./replay/families.ts";
import { sparseReplay } from "./replay/sparse.ts";
import { live } from "./subscribe/live.ts";

/** Every key's scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  sequential,
  inFlight,
  commit10,
  transaction,
  contiguousLoad,
  wideLoad,
  growth,
  snapshotLoad,
  cold,
  warm,
  familyReplay,
  groupReplay,
  sparseReplay,
  live,
  memoryProjection,
  postgresProjection,
  batchedPostgresProjection,
  bulk,
  slowReader,
];
