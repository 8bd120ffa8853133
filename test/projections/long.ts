/** How often: as often as there is time for, or in full when JETFOLD_LONG=1. */
export function long(short: number, full: number): number {
  return process.env["JETFOLD_LONG"] === "1" ? full : short;
}
