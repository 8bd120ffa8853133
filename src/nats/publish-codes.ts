import type { ApiErrorBody } from "./requests/json-answer.ts";

/**
 * What a refused publish says about its outcome, by the codes of nats-server 2.15 (errors.json).
 * - conflict: the expected sequence was not the last one, as the server saw it
 * - duplicate: a batch with a message id the server knows
 * - undecided: the message may be stored, or may be yet; send it again
 * - full: the stream takes no more
 * - too-large: more than the stream's limit
 * - refused: nothing is stored, and sending it again does not help
 */
export type PublishRefusal =
  | "conflict"
  | "duplicate"
  | "undecided"
  | "full"
  | "too-large"
  | "refused";

/** Classify the error in a publish answer. */
export function refusalOf({ code, err_code: errCode }: ApiErrorBody): PublishRefusal {
  switch (errCode) {
    case 10071: // wrong last sequence
    case 10164: // wrong last sequence, another write in flight
      return "conflict";
    case 10201: // a batch with a known message id
      return "duplicate";
    case 10054: // message larger than the stream's limit
      return "too-large";
    case 10023: // insufficient resources
    case 10047: // storage exceeded
    case 10077: // maximum messages or bytes, with status 503
      return "full";
    case 10008: // temporarily unavailable
    case 10158: // a message id in flight
    case 10163: // not ready
    case 10176: // a batch incomplete (its first message was refused)
    case 10210: // too many batches in flight
      return "undecided";
    default:
      return code === 503 ? "undecided" : "refused";
  }
}
