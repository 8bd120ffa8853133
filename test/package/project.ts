import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** A project that has jetfold installed, as a user's has. */
export interface Project {
  readonly directory: string;
  /** Write a file. */
  write(path: string, text: string): Promise<void>;
  /** Run one of its files with this process's Node. */
  node(path: string): Promise<string>;
  /** Compile the project with a TypeScript, given as the path of its compiler. */
  compile(tsc: string, config?: string): Promise<string>;
}

/** Make a project and install packages in it; no install script runs. */
export async function createProject(
  directory: string,
  packages: readonly string[],
  npmFlags: readonly string[] = [],
): Promise<Project> {
  await mkdir(directory, { recursive: true });
  const write = (path: string, text: string): Promise<void> =>
    writeFile(join(directory, path), text);
  await write("package.json", `{ "private": true, "type": "module" }\n`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...npmFlags];
  await run("npm", ["install", ...flags, ...packages], { cwd: directory });
  const node = (...args: string[]): Promise<string> =>
    run(process.execPath, args, { cwd: directory, timeoutMs: 60_000 });
  return {
    directory,
    write,
    node: (path) => node(path),
    compile: (tsc, config = "tsconfig.json") => node(tsc, "--project", config),
  };
}
