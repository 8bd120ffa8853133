import { styleText } from "node:util";

/** Something that must be true of the evening. */
export interface Check {
  readonly claim: string;
  readonly held: boolean;
}

/** The checks as lines to print, one for each. */
export function reportOf(checks: readonly Check[]): string[] {
  return checks.map(({ claim, held }) =>
    held ? `${styleText("green", "✓")} ${claim}` : `${styleText("red", "✗")} ${claim}`,
  );
}

/** Did every one of them hold? An evening without checks proves nothing. */
export function allHeld(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every(({ held }) => held);
}
