/** What a thread of these tests needs: TypeScript, and jetfold from `src/`. */
export const execArgv: readonly string[] = [
  "-C",
  "@jetfold/source",
  "--import",
  new URL("./register-tsx.mjs", import.meta.url).href,
];
