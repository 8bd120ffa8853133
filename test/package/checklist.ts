/** Runs checks, prints each with its time when it is over, and counts. */
export interface Checklist {
  /**
   * Run one check. A failure is printed and counted, not thrown.
   * @returns what the check returned; undefined when it failed
   */
  check<Result>(name: string, body: () => Promise<Result>): Promise<Result | undefined>;
  /** Print `N passed, N failed` as the last line. @returns the exit code */
  finish(): number;
}

export function createChecklist(print: (line: string) => void): Checklist {
  let passed = 0;
  let failed = 0;
  return {
    async check(name, body) {
      const start = performance.now();
      try {
        const result = await body();
        passed += 1;
        print(`ok    ${name} (${seconds(start)} s)`);
        return result;
      } catch (error) {
        failed += 1;
        print(`FAIL  ${name} (${seconds(start)} s)`);
        const text = error instanceof Error ? error.message : String(error);
        print(text.replaceAll(/^/gm, "      "));
        return undefined;
      }
    },
    finish() {
      print(`${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    },
  };
}

function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}
