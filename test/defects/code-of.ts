import { isJetfoldError } from "jetfold";

/** The code of the library's error that an attempt ends in; "accepted" when it ends in none. */
export async function codeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return "accepted";
  } catch (error) {
    return isJetfoldError(error) ? error.code : String(error);
  }
}
