import { readFile, writeFile } from "node:fs/promises";

const start = "<!-- bench:start -->";
const end = "<!-- bench:end -->";

/** Put a text between the two marks of a file. @throws when they are not there, in this order */
export async function spliceInto(file: string, text: string): Promise<void> {
  const old = await readFile(file, "utf8");
  const from = old.indexOf(start);
  const to = old.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`${file} has no ${start} … ${end}`);
  await writeFile(file, `${old.slice(0, from + start.length)}\n\n${text}\n\n${old.slice(to)}`);
}
