import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/**
 * Ports of the loopback that nobody listens on at this moment, all different. Somebody may take one
 * before its user does: start again with others then.
 */
export async function freePorts(count: number): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  try {
    await Promise.all(listeners.map((listener) => once(listener, "listening")));
    return listeners.map((listener) => (listener.address() as AddressInfo).port);
  } finally {
    await Promise.all(listeners.map((listener) => once(listener.close(), "close")));
  }
}
