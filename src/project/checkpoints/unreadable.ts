import { isJetfoldError, PoisonError } from "../../event/index.ts";

/** The error of an entry that is not what jetfold has written there. */
export function unreadable(key: string, what: string, options?: ErrorOptions): PoisonError {
  const detail = `an unreadable ${what}; forgetProjection removes it`;
  return new PoisonError({ kind: "bucket", key }, detail, options);
}

/** What is read of an entry, or "unreadable": to who removes it, it makes no difference what it was. */
export async function orUnreadable<T>(read: Promise<T>): Promise<T | "unreadable"> {
  try {
    return await read;
  } catch (error) {
    if (isJetfoldError(error, "poison")) return "unreadable";
    throw error;
  }
}
