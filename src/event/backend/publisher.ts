import type { DomainEvent } from "../family.ts";
import type { Import, Importer } from "../import.ts";
import type { NewCommit, Publish, Published, PublishOptions } from "../publish.ts";
import type { AppendTarget } from "./append.ts";
import { importerOf } from "./importer.ts";
import { publishCommits } from "./publish-commits.ts";

/** Everything that publishes, over what a backend can do: the same for all backends. */
export class Publisher implements Publish, Import {
  readonly #target: AppendTarget;

  constructor(target: AppendTarget) {
    this.#target = target;
  }

  publish<Event extends DomainEvent>(
    commit: NewCommit<Event>,
    options: PublishOptions = {},
  ): Promise<Published> {
    return publishCommits(this.#target, [commit], options, first);
  }

  transact(
    commits: readonly NewCommit[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    return publishCommits(this.#target, commits, options, all);
  }

  importer(): Importer {
    return importerOf(this.#target);
  }
}

function first([published]: readonly Published[]): Published {
  return published!;
}

function all(published: readonly Published[]): readonly Published[] {
  return published;
}
