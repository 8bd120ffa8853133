import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** One suite of a Debian archive, and the keys its release file must be signed with. */
export interface AptSource {
  /** The archive's address; may contain a password, so it is written to a private file only. */
  readonly mirror: string;
  readonly suite: string;
  readonly keyring: string;
}

/**
 * Write what makes apt work on `source` alone, with all its state in `directory`; returns the path
 * for apt's `-c`. The machine's own settings (proxy, credentials) stay in force; its sources, lists,
 * pins and hooks do not, and none of them can switch the check of the signature off.
 */
export async function writeAptConfiguration(directory: string, source: AptSource): Promise<string> {
  const at = (...path: string[]): string => join(directory, ...path);
  await mkdir(at("lists", "partial"), { recursive: true });
  await mkdir(at("cache", "archives", "partial"), { recursive: true });
  await mkdir(at("empty"));
  const stanza = [
    "Types: deb",
    `URIs: ${source.mirror}`,
    `Suites: ${source.suite}`,
    "Components: main",
    `Signed-By: ${source.keyring}`,
  ];
  await writeFile(at("debian.sources"), `${stanza.join("\n")}\n`, { mode: 0o600 });
  const places = {
    "Dir::Etc::sourcelist": at("debian.sources"),
    "Dir::Etc::sourceparts": at("empty"),
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": at("empty"),
    "Dir::State::lists": at("lists"),
    "Dir::Cache": at("cache"),
  };
  const lines = [
    ...updateHooks.map((hook) => `#clear APT::Update::${hook};`),
    ...Object.entries({ ...places, ...settings }).map(([key, value]) => `${key} "${value}";`),
  ];
  await writeFile(at("apt.conf"), `${lines.join("\n")}\n`);
  return at("apt.conf");
}

const updateHooks = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"];

const settings = {
  // The directory is private, so root's apt must not drop to a user that cannot enter it.
  "APT::Sandbox::User": "root",
  "APT::Default-Release": "",
  "APT::Get::AllowUnauthenticated": "false",
  "APT::Update::Error-Mode": "any",
  "APT::Status-Fd": "1",
  "Acquire::AllowInsecureRepositories": "false",
  "Acquire::AllowWeakRepositories": "false",
  "Acquire::AllowDowngradeToInsecureRepositories": "false",
  "Acquire::Languages": "none",
  "Acquire::PDiffs": "false",
  "Acquire::Retries": "1",
  "Acquire::http::Timeout": "8",
  "Acquire::https::Timeout": "8",
} as const;
