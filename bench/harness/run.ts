import { Resources } from "./resources.ts";
import { scaleOf, type ScaleName } from "./scale.ts";
import type { Context, Key, Measured, Scenario, Skipped } from "./scenario.ts";

/** What became of a key: its figures, or why there are none. */
export type Outcome = Measured | Skipped | { readonly key: Key; readonly failed: string };

/** What a run is told. */
export interface RunOptions {
  readonly scale: ScaleName;
  /** Ends the run: what is open is closed, and what is left is not measured. */
  readonly signal: AbortSignal;
  say(text: string): void;
}

/** Measure one scenario after the other; one that fails does not stop the others. */
export async function run(
  scenarios: readonly Scenario[],
  { scale, signal, say }: RunOptions,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    signal.throwIfAborted();
    const start = performance.now();
    const outcome = await runOne(scenario, scale, signal, say);
    const tookS = ((performance.now() - start) / 1000).toFixed(1);
    say(`${scenario.key}: ${whatBecameOf(outcome)}, ${tookS} s`);
    outcomes.push(outcome);
  }
  return outcomes;
}

function whatBecameOf(outcome: Outcome): string {
  if ("failed" in outcome) return `failed: ${outcome.failed}`;
  return "skipped" in outcome ? "skipped" : "done";
}

async function runOne(
  scenario: Scenario,
  scaleName: ScaleName,
  interrupted: AbortSignal,
  say: (text: string) => void,
): Promise<Outcome> {
  const { key } = scenario;
  const scale = scaleOf(scaleName);
  const resources = new Resources();
  // Not AbortSignal.any and .timeout: Node 20 collects those as garbage while they are waited for.
  const ending = new AbortController();
  const { signal } = ending;
  const interrupt = (): void => ending.abort(interrupted.reason);
  interrupted.addEventListener("abort", interrupt, { once: true });
  const deadlineMs = scale.pick(...deadlinesMs);
  const late = new Error(`not done after ${deadlineMs / 1000} s`);
  const deadline = setTimeout(() => ending.abort(late), deadlineMs);
  const context: Context = {
    scale,
    signal,
    resources,
    say: (text) => say(`${key}: ${text}`),
  };
  try {
    return await Promise.race([scenario.measure(context), whenAborted(signal)]);
  } catch (error) {
    interrupted.throwIfAborted();
    return { key, failed: reasonOf(error) };
  } finally {
    clearTimeout(deadline);
    interrupted.removeEventListener("abort", interrupt);
    for (const failure of await resources.close()) say(`${key}: ${failure}`);
  }
}

/** The longest that one key may take. */
const deadlinesMs = [600_000, 60_000, 60_000] as const;

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
