import { isJetfoldError, type Sequence } from "../event/index.ts";
import { backOff, type Deadline, deadlineIn, type StoredMessage } from "../event/backend/index.ts";
import type { Stream } from "./stream.ts";

/** Somebody who waits for a server that is away, for as long as its connection does. */
export interface Patient {
  readonly stream: Pick<Stream, "connection">;
  readonly signal: AbortSignal;
  /** Told of each question that stays without an answer, and when one is answered again. */
  readonly outage: (cause: Error | undefined) => void;
}

/** How long one question is asked before its outage is told, in milliseconds. */
const askedMs = 5_000;

/** What is asked, again and again. @throws what is no outage; the signal's reason when aborted */
export async function throughOutages<T>(
  of: Patient,
  ask: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await ask(deadlineIn(askedMs));
      if (attempt > 0) of.outage(undefined);
      return answer;
    } catch (error) {
      await waitOut(of, error, attempt);
    }
  }
}

/**
 * Pages of history; after an outage, those after the last one that came.
 * @param pagesAfter - begins to read after a sequence (exclusive)
 */
export async function* pagesThroughOutages(
  of: Patient,
  from: Sequence,
  pagesAfter: (after: Sequence) => AsyncIterable<readonly StoredMessage[]>,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  let after = from;
  for (let attempt = 0; ; attempt++) {
    try {
      for await (const page of pagesAfter(after)) {
        if (attempt > 0) of.outage(undefined);
        attempt = 0;
        yield page;
        after = page.at(-1)?.sequence ?? after;
      }
      if (attempt > 0) of.outage(undefined);
      return;
    } catch (error) {
      await waitOut(of, error, attempt);
    }
  }
}

async function waitOut(
  { stream, signal, outage }: Patient,
  error: unknown,
  attempt: number,
): Promise<void> {
  if (!isJetfoldError(error, "unavailable") || stream.connection.isClosed()) throw error;
  outage(error);
  await backOff(attempt, deadlineIn(Infinity), signal);
}
