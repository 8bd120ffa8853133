/**
 * Programs that load entries of the package, for a project to run. Each prints nothing and exits 0
 * when all is well.
 */

/** `import` gives something from each entry. */
export function importing(entries: readonly string[]): string {
  return `
    for (const entry of ${JSON.stringify(entries)}) {
      const names = Object.keys(await import(entry));
      if (names.length === 0) throw new Error(entry + " exports nothing");
    }`;
}

/** `require` gives the very same objects as \`import\`: there is one copy of each class. */
export function requiring(entries: readonly string[]): string {
  return `
    (async () => {
      for (const entry of ${JSON.stringify(entries)}) {
        const required = require(entry);
        const imported = await import(entry);
        for (const name of Object.keys(imported)) {
          if (required[name] !== imported[name]) throw new Error(entry + ": two copies of " + name);
        }
      }
    })().catch((error) => { console.error(error); process.exit(1); });`;
}

/** Loading an entry fails because one of these packages is missing, and says so. */
export function missing(entry: string, packages: readonly string[]): string {
  return `
    const error = await import(${JSON.stringify(entry)}).then(() => undefined, (thrown) => thrown);
    const named = ${JSON.stringify(packages)}.some((name) => error?.message.includes(name));
    if (error?.code !== "ERR_MODULE_NOT_FOUND" || !named) throw error ?? new Error("it loads");`;
}
