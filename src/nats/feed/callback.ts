import type { Msg, MsgCallback } from "@nats-io/nats-core";

/**
 * A subscription's callback that never throws: a throw would end the connection's reader, and every
 * later request on it would time out (nats.js 3.4).
 */
export function safeCallback(
  take: (message: Msg) => void,
  fail: (error: unknown) => void,
): MsgCallback<Msg> {
  return (error, message) => {
    if (error) return fail(error);
    try {
      take(message);
    } catch (thrown) {
      fail(thrown);
    }
  };
}
