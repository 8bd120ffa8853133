import type { DomainEvent } from "../family.ts";
import type { Import, Importer } from "../import.ts";
import type { NewCommit, Publish, Published, PublishOptions } from "../publish.ts";
import type { AppendTarget } from "./append.ts";
import { importerOf } from "./importer.ts";
import { publishCommits } from "./publish-commits.ts";

/** Everything that publishes, over what a backend can do: the same for all backends. */
export class Publisher implements Publish, Import {
  readonly #target: AppendTarget;
  readonly #assertOpen: () => void;

  /** @param assertOpen - throws when the store is closed */
  constructor(target: AppendTarget, assertOpen: () => void) {
    this.#target = target;
    this.#assertOpen = assertOpen;
  }

  async publish<Event extends DomainEvent>(
    commit: NewCommit<Event>,
    options: PublishOptions = {},
  ): Promise<Published> {
    this.#assertOpen();
    const [published] = await publishCommits(this.#target, [commit], options);
    return published!;
  }

  async transact(
    commits: readonly NewCommit[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    this.#assertOpen();
    return publishCommits(this.#target, commits, options);
  }

  importer(): Importer {
    return importerOf(this.#target, this.#assertOpen);
  }
}
