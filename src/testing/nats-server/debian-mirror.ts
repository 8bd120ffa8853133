import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Security and update archives carry no other suites. */
const partialSuite = /-security|\/updates|-backports|-updates/;

/**
 * The archive addresses this machine's apt is set up with that hold Debian's own packages, best
 * first, each once. They may contain a password.
 * @param etc apt's configuration directory, `/etc/apt` on a real system.
 */
export async function debianMirrors(etc: string): Promise<string[]> {
  const found: string[] = [];
  const parts = join(etc, "sources.list.d");
  const names: string[] = await readdir(parts).catch(() => []);
  names.sort();
  for (const path of [join(etc, "sources.list"), ...names.map((name) => join(parts, name))]) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (path.endsWith(".sources")) found.push(...mirrorsInDeb822(text));
    if (path.endsWith(".list")) found.push(...mirrorsInList(text));
  }
  return [...new Set(found)];
}

/** The `.sources` format, sources.list(5): stanzas of `Field: value`, continued by indented lines. */
export function mirrorsInDeb822(text: string): string[] {
  const stanzas = text.replaceAll(/^#.*\n?/gm, "").split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const field = (name: string): string[] => {
      const pattern = new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, "im");
      return words(pattern.exec(stanza)?.[1] ?? "");
    };
    if (/^(?:no|false|off|0)$/i.test(field("Enabled")[0] ?? "")) return [];
    return debianOnly({
      types: field("Types"),
      uris: field("URIs"),
      suites: field("Suites"),
      components: field("Components"),
      signedBy: field("Signed-By").join(" "),
    });
  });
}

/** The one-line format, sources.list(5): `deb [options] address suite component…`. */
export function mirrorsInList(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (match === null) return [];
    const [, type = "", options = "", uri = "", suite = "", components = ""] = match;
    return debianOnly({
      types: [type],
      uris: [uri],
      suites: [suite],
      components: words(components),
      signedBy: options,
    });
  });
}

interface Archive {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
}

/** Wrong guesses do no harm: apt refuses what Debian's key has not signed. */
function debianOnly(archive: Archive): string[] {
  if (!archive.types.includes("deb") || !archive.components.includes("main")) return [];
  if (archive.suites.every((suite) => partialSuite.test(suite))) return [];
  const signed = archive.signedBy.includes("debian-archive-");
  return archive.uris.filter((uri) => signed || /\/debian(?:\.list)?\/?$/.test(uri));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
