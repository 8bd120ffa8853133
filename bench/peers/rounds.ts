import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { Answer, Contender, Measured } from "./contender.ts";
import type { Size, Work } from "./work.ts";

const jobTimeoutMs = 240_000;

/** How the rounds are run. */
export interface RoundsOptions {
  readonly url: string;
  /** How many count. One more comes first and does not: it warms up, and writes the data. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What one contender made of one work. */
export interface Outcome {
  /** One for each round that it finished. */
  readonly rounds: readonly Measured[];
  readonly unsupported?: string;
  /** Why it was given up. */
  readonly failure?: string;
}

/** What all contenders made of one work. */
export interface WorkOutcome {
  readonly work: Work;
  readonly size: Size;
  /** By the contender's name. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/**
 * Do one work with all contenders in turn, A B A B, on streams that are deleted afterwards. One
 * that fails is given up for this work.
 * @throws when the signal aborts
 */
export async function doWork(
  contenders: readonly Contender[],
  work: Work,
  size: Size,
  options: RoundsOptions,
): Promise<WorkOutcome> {
  const outcomes = new Map<string, Outcome>(contenders.map(({ name }) => [name, { rounds: [] }]));
  for (let round = 0; round <= options.rounds; round++) {
    for (const contender of contenders) {
      const { name } = contender;
      const before = outcomes.get(name)!;
      if (before.unsupported !== undefined || before.failure !== undefined) continue;
      options.progress(`${work.key}: ${name}, round ${round} of ${options.rounds}`);
      const after = await doRound(contender, work, size, round, before, options);
      outcomes.set(name, round === 0 ? { ...after, rounds: [] } : after);
    }
  }
  await deleteStreams(options.url);
  return { work, size, outcomes };
}

async function doRound(
  contender: Contender,
  work: Work,
  size: Size,
  round: number,
  before: Outcome,
  { url, signal }: RoundsOptions,
): Promise<Outcome> {
  const words = [contender.name, work.key.replaceAll(".", "-")];
  const store = (work.changesData ? [...words, round] : words).join("-");
  const limit = AbortSignal.timeout(jobTimeoutMs);
  const ending = AbortSignal.any([signal, limit]);
  try {
    const answer: Answer = await contender.run({ url, store, work, size, signal: ending });
    if ("unsupported" in answer) return { ...before, unsupported: answer.unsupported };
    return { ...before, rounds: [...before.rounds, answer] };
  } catch (error) {
    signal.throwIfAborted();
    const why = limit.aborted ? `not done after ${jobTimeoutMs / 1000} s` : String(error);
    return { ...before, failure: why };
  }
}

async function deleteStreams(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const names: string[] = [];
    for await (const { config } of manager.streams.list()) names.push(config.name);
    for (const name of names) await manager.streams.delete(name);
  } finally {
    await connection.close();
  }
}
