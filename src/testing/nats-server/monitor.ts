import { get } from "node:http";
import { startTimer } from "../../event/backend/timer.ts";

/** One node's view of the cluster's JetStream, from `/jsz`. */
export interface JetStreamView {
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

/** One node's routes to the others, from `/routez`. */
export interface RoutesView {
  readonly routes?: readonly { readonly remote_name?: string }[];
}

/** One node's state of health, from `/healthz`. */
export interface HealthView {
  readonly status?: string;
}

/**
 * Ask a monitoring page; undefined when it does not answer in time or not with JSON, as a node that
 * is down or paused does. The connection is closed at once.
 */
export async function readMonitor<View>(
  monitorUrl: string,
  path: string,
  timeoutMs = 1_000,
): Promise<View | undefined> {
  const text = await new Promise<string>((resolve) => {
    const request = get(new URL(path, monitorUrl), { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.once("close", () => resolve(body));
    });
    const stopTimer = startTimer(timeoutMs, () => request.destroy());
    request.once("error", () => resolve(""));
    request.once("close", stopTimer);
  });
  try {
    return JSON.parse(text) as View;
  } catch {
    return undefined;
  }
}
