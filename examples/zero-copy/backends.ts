import { connect } from "@nats-io/transport-node";
import type { Codec, EventStore, StoreWarning } from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { NatsStore } from "jetfold/nats";
import { startNatsServer } from "jetfold/testing";

/** Where events are stored. */
export interface Backend {
  readonly name: string;
  /** A new store without events. The caller closes it. */
  open(codec?: Codec): Promise<EventStore>;
  /** Takes away what it started. */
  close(): Promise<void>;
}

/** Stores in this process. A message that was received is the one that was stored. */
export function memoryBackend(): Backend {
  return {
    name: "MemoryStore",
    open: (codec) => MemoryStore.open({ ...(codec && { codec }) }),
    close: () => Promise.resolve(),
  };
}

/** Stores on a nats-server of its own. */
export async function natsBackend(): Promise<Backend> {
  const server = await startNatsServer();
  try {
    const connection = await connect({
      servers: server.urls,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
    });
    let stores = 0;
    return {
      name: `nats-server ${server.version}`,
      open(codec) {
        const name = `zero-copy-${++stores}`;
        return NatsStore.open(connection, { name, onWarning, ...(codec && { codec }) });
      },
      async close() {
        await connection.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A store for some seconds can do without replicas and without syncing every write to disk. */
function onWarning({ code, message }: StoreWarning): void {
  if (code !== "replicas" && code !== "sync") process.emitWarning(message, { code });
}
