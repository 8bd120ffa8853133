import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  debianMirrors,
  mirrorsInDeb822,
  mirrorsInList,
} from "../../src/testing/nats-server/debian-mirror.ts";
import { resolveNatsServer } from "../../src/testing/nats-server/index.ts";
import { temporaryDirectory } from "./temporary.ts";

test("a deb822 file gives the archive with Debian's packages, not the security archive", () => {
  const text = `Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://elsewhere.example/node_20.x
Suites: nodistro
Components: main
Signed-By: /usr/share/keyrings/other.gpg
`;
  expect(mirrorsInDeb822(text)).toEqual(["http://mirror.example/debian"]);
});

test("a stanza that is off, of sources only or without main gives nothing", () => {
  const stanza = (more: string): string =>
    `URIs: http://m.example/debian\nSuites: trixie\n${more}\n`;
  expect(mirrorsInDeb822(stanza("Types: deb\nComponents: main\nEnabled: no"))).toEqual([]);
  expect(mirrorsInDeb822(stanza("Types: deb-src\nComponents: main"))).toEqual([]);
  expect(mirrorsInDeb822(stanza("Types: deb\nComponents: contrib"))).toEqual([]);
  const several = "Types: deb deb-src\nComponents:\n main\n contrib";
  expect(mirrorsInDeb822(stanza(several))).toEqual(["http://m.example/debian"]);
});

test("one-line entries are understood, with options and comments", () => {
  const text = `# deb http://commented.example/debian bookworm main
deb http://m.example/debian/ bookworm main contrib # here
deb-src http://m.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://proxy.example/remote trixie main
deb [signed-by=/etc/apt/keyrings/x.asc] https://third.example/apt stable main
deb http://m.example/debian-security bookworm-security main
deb mirror+file:/etc/apt/mirrors/debian.list bookworm main
`;
  expect(mirrorsInList(text)).toEqual([
    "http://m.example/debian/",
    "http://proxy.example/remote",
    "mirror+file:/etc/apt/mirrors/debian.list",
  ]);
});

test("every file that apt reads is read, and no other", async () => {
  const etc = await temporaryDirectory();
  await mkdir(join(etc, "sources.list.d"));
  const line = (host: string): string => `deb http://${host}.example/debian sid main\n`;
  await writeFile(join(etc, "sources.list"), line("a") + line("a"));
  await writeFile(join(etc, "sources.list.d", "b.list"), line("b"));
  await writeFile(join(etc, "sources.list.d", "c.list.disabled"), line("c"));
  const hosts = ["http://a.example/debian", "http://b.example/debian"];
  expect(await debianMirrors(etc)).toEqual(hosts);
  expect(await debianMirrors(join(etc, "nowhere"))).toEqual([]);
});

// Needs a Debian machine and its archive: about 15 MB each time.
describe.skipIf(process.env["JETFOLD_TEST_DEBIAN"] === undefined)("Debian's archive", () => {
  test("a machine that reaches no release gets Debian's package, and mends a damaged entry", async () => {
    const root = await temporaryDirectory();
    const env = {
      PATH: process.env["PATH"],
      JETFOLD_CACHE: root,
      JETFOLD_NATS_MIRROR: "http://127.0.0.1:2/mirror",
    };
    const lines: string[] = [];
    const resolve = () => resolveNatsServer({ env, progress: (line) => lines.push(line) });
    const together = await Promise.all([resolve(), resolve(), resolve()]);
    expect(together.map((found) => found.source).sort()).toEqual(["cache", "cache", "debian"]);
    const [first] = together;
    expect(lines.some((line) => line.endsWith(" %"))).toBe(true);
    const { stdout } = await promisify(execFile)(first.path, ["--version"]);
    expect(stdout).toContain(first.version);
    await writeFile(first.path, "damaged");
    expect((await resolve()).source).toBe("debian");
    expect((await resolve()).source).toBe("cache");
  }, 120_000);
});
