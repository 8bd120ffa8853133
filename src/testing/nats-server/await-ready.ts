import { connect } from "node:net";
import { delay } from "../../event/backend/timer.ts";
import { UnavailableError } from "../../event/errors.ts";
import type { LogRing } from "./log-ring.ts";
import { readPortsFile, type ServerPorts } from "./ports-file.ts";
import type { ServerExit, ServerProcess } from "./server-process.ts";

/** What {@link awaitReady} waits on. */
export interface Starting {
  readonly process: ServerProcess;
  /** Empty when the process was started. */
  readonly portsDirectory: string;
  readonly log: LogRing;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const logLines = 20;

/**
 * Wait until the server has said where it listens and takes a connection there: JetStream has then
 * recovered its streams.
 * @throws {@link UnavailableError} with the end of the log when the process ends first or is late;
 *   the signal's reason when aborted. The process is left as it is.
 */
export async function awaitReady(starting: Starting): Promise<ServerPorts> {
  const deadline = Date.now() + starting.timeoutMs;
  let exit: ServerExit | undefined;
  void starting.process.exited.then((value) => {
    exit = value;
  });
  for (let pauseMs = 1; ; pauseMs = Math.min(20, pauseMs + 1)) {
    starting.signal?.throwIfAborted();
    const ports = await readPortsFile(starting.portsDirectory);
    if (ports !== undefined && (await accepts(ports.port))) return ports;
    if (exit !== undefined)
      throw failed(`${ended(exit)} before it was ready`, starting, exit.error);
    if (Date.now() > deadline)
      throw failed(`is not ready after ${starting.timeoutMs} ms`, starting);
    await delay(pauseMs);
  }
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
    socket.setTimeout(1_000, () => settle(false));
  });
}

function ended(exit: ServerExit): string {
  if (exit.error !== undefined) return `could not be run (${exit.error.message}), so it ended`;
  return exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`;
}

function failed(what: string, starting: Starting, cause?: Error): UnavailableError {
  const log = starting.log.tail(logLines);
  const tail = log === "" ? "it logged nothing" : `the end of its log:\n${log}`;
  return new UnavailableError(`nats-server ${what}; ${tail}`, { cause });
}
