import { JetfoldError } from "../../event/index.ts";

/** A newer version of the projection is the active one. Internal: the run ends `"superseded"`. */
export class SupersededError extends JetfoldError {
  override readonly code = "config";
  constructor(name: string, version: number, active: number) {
    super(
      `version ${active} of projection "${name}" has taken over from version ${version}; ` +
        `to go back, drop version ${active}`,
    );
  }
}
