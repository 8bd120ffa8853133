/** How many cycles of a fault: the given number, or ten times as many when JETFOLD_LONG=1. */
export function cycles(count: number): number {
  return process.env["JETFOLD_LONG"] === "1" ? count * 10 : count;
}
