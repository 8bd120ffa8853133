import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";

/** The first executable of this name in the directories of `PATH`; undefined when there is none. */
export async function findOnPath(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  // Windows spells it `Path`; a copy of the environment loses the case-blind look-up.
  const path = env["PATH"] ?? env["Path"] ?? "";
  for (const directory of path.split(delimiter)) {
    if (directory === "") continue;
    const candidate = resolve(directory, file);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Is there a file at this path that this process may run? */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
