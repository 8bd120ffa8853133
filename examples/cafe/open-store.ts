import { connect, type NatsConnection } from "@nats-io/transport-node";
import { NatsStore } from "jetfold/nats";

/** The store of the cafe, on a connection of its own. */
export interface OpenedStore {
  readonly connection: NatsConnection;
  readonly store: NatsStore;
  /** First the store, then the connection. */
  close(): Promise<void>;
}

/** Open the store, and create it when there is none. */
export async function openStore(servers: readonly string[], name: string): Promise<OpenedStore> {
  const connection = await connect({
    servers: [...servers],
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
  });
  try {
    const store = await NatsStore.open(connection, { name, onWarning });
    const close = async (): Promise<void> => {
      await store.close();
      await connection.close();
    };
    return { connection, store, close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** A cafe for one evening can do without replicas and without syncing every write to disk. */
function onWarning({ code, message }: { readonly code: string; readonly message: string }): void {
  if (code !== "replicas" && code !== "sync") process.emitWarning(message, { code });
}
