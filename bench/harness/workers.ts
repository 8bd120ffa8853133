/** So many steps by some workers, each of which awaits one step before it begins the next. */
export async function inWorkers(
  workers: number,
  steps: number,
  signal: AbortSignal,
  step: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < steps) {
      signal.throwIfAborted();
      await step(next++);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
