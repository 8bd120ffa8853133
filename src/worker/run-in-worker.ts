import { workerData } from "node:worker_threads";
import { ConfigError } from "../event/index.ts";
import { host } from "./host.ts";
import type { Given } from "./messages.ts";
import type { Queries, WorkerDefinition, WorkerModule } from "./worker-module.ts";
import { checkKind } from "../event/kinds.ts";

/**
 * Run a projection in this thread, for the main thread that has started it by `startWorker`: call it
 * once, at the top of the module whose URL is given there.
 * @returns nothing of use but its type, by which the main thread knows queries and data
 * @throws {@link ConfigError} in a thread that was not started by `startWorker`
 */
export function runInWorker<Data, Q extends Queries = Record<string, never>>(
  definition: WorkerDefinition<Data, Q>,
): WorkerModule<Data, Q> {
  checkKind("definition", definition);
  const given = (workerData as Partial<Given> | null)?.jetfold;
  if (given === undefined) {
    throw new ConfigError("the module of a worker is loaded by startWorker; import only its type");
  }
  void host(definition as WorkerDefinition<unknown, Q>, given);
  return {};
}
