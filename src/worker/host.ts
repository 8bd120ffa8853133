import { once } from "node:events";
import { every, nextTurn } from "../event/backend/timer.ts";
import { showHands } from "../project/run/hand.ts";
import { Answers } from "./answers.ts";
import { type ErrorForm, formOf } from "./error-form.ts";
import type { Given, ToMain, ToWorker } from "./messages.ts";
import { SharedHands } from "./shared-hands.ts";
import { Teller } from "./teller.ts";
import type { Queries, Started, WorkerDefinition } from "./worker-module.ts";

/** How often the main thread is told, in milliseconds. */
const tellMs = 20;

/** A worker's life, in its thread: started, asked, stopped. */
export async function host<Q extends Queries>(
  definition: WorkerDefinition<unknown, Q>,
  { port, data, crashed }: Given["jetfold"],
): Promise<void> {
  const stopping = new AbortController();
  const send = (message: ToMain, buffers: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, buffers);
  port.on("message", (message: ToWorker) => {
    if (message.kind === "stop") stopping.abort();
  });
  showHands(new SharedHands(crashed, send));
  port.on("messageerror", (error) => send({ kind: "unread", error: formOf(error) }));
  const started = await begin(definition, send, data, stopping.signal);
  if (started === undefined) return;
  const { running, queries } = started;
  const teller = new Teller(running, send);
  const answers = new Answers(running, queries ?? {}, teller, send);
  port.on("message", (message: ToWorker) => {
    if (message.kind !== "stop") answers.take(message);
  });
  teller.tell();
  send({ kind: "ready" });
  const stopTelling = every(tellMs, () => teller.tell());
  const settled = (error?: unknown): void => {
    teller.tell();
    send({ kind: "settled", error: error === undefined ? undefined : formOf(error) });
  };
  void running.done.then(() => settled(), settled);

  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  await running.stop();
  stopTelling();
  // What has ended with the projection is still answered.
  await nextTurn();
  const error = await end(started);
  send({ kind: "ended", error });
  port.close();
}

type Send = (message: ToMain, buffers?: readonly ArrayBuffer[]) => void;

async function begin<Q extends Queries>(
  definition: WorkerDefinition<unknown, Q>,
  send: Send,
  data: unknown,
  signal: AbortSignal,
): Promise<Started<Q> | undefined> {
  try {
    return await definition.start({
      data,
      signal,
      onState: (state, cause) =>
        send({ kind: "state", state, cause: cause === undefined ? undefined : formOf(cause) }),
    });
  } catch (error) {
    send({ kind: "refused", error: formOf(error) });
    return undefined;
  }
}

async function end<Q extends Queries>(started: Started<Q>): Promise<ErrorForm | undefined> {
  try {
    await started.close?.();
    return undefined;
  } catch (error) {
    return formOf(error);
  }
}
