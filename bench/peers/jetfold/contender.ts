import { connect } from "@nats-io/transport-node";
import type { EventStore } from "jetfold";
import { NatsStore } from "jetfold/nats";
import type { Answer, Contender, Job } from "../contender.ts";
import { appendCommit, appendInFlight, appendSequential } from "./append.ts";
import { checkSize } from "./domain.ts";
import { fillFamilies, fillSideBySide, fillWide } from "./fill.ts";
import { executeWarm, load, replayFamily } from "./read.ts";

/** How jetfold does one key's work. */
interface Doing {
  /** Writes the data, unless it is there. */
  readonly fill?: (store: EventStore, job: Job) => Promise<void>;
  readonly work: (store: EventStore, job: Job) => Promise<Answer>;
}

const doings: Readonly<Record<string, Doing>> = {
  "append.sequential": { work: appendSequential },
  "append.inflight256": { work: appendInFlight },
  "append.commit10": { work: appendCommit },
  "load.contiguous100": { fill: fillSideBySide, work: load },
  "load.wide50": { fill: fillWide, work: load },
  "execute.warm": { fill: fillSideBySide, work: executeWarm },
  "replay.family": { fill: fillFamilies, work: replayFamily },
};

/** This library, through its public API, in this process. */
export function jetfold(version: string): Contender {
  return { name: "jetfold", version, run };
}

async function run(job: Job): Promise<Answer> {
  const doing = doings[job.work.key];
  if (doing === undefined) throw new Error(`jetfold does not know ${job.work.key}`);
  checkSize();
  const { fill, work } = doing;
  if (fill !== undefined) await withStore(job, async (store) => fill(store, job));
  // Opened anew, so that nothing of the data is known from writing it.
  return withStore(job, async (store) => work(store, job));
}

async function withStore<T>(job: Job, use: (store: EventStore) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: job.url });
  try {
    const options = { name: job.store, onWarning: () => undefined };
    await using store = await NatsStore.open(connection, options);
    return await use(store);
  } finally {
    await connection.close();
  }
}
