import { JetfoldError } from "../../event/index.ts";

/** A newer version of a projection has taken over: what this one writes is refused. */
export class SupersededError extends JetfoldError {
  override readonly code = "config";
  constructor(name: string, version: number, by: number) {
    super(
      `version ${by} of projection "${name}" has taken over from version ${version}; ` +
        `to go back, drop version ${by}`,
    );
  }
}
