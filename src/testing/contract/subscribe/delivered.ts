import assert from "node:assert/strict";
import type { Delivery, DomainEvent, Mark, Sequence } from "../../../event/index.ts";
import { sequencesOf } from "../gather.ts";

/** Is it a commit, not a mark? */
export function isCommit<Event extends DomainEvent>(
  delivery: Delivery<Event>,
): delivery is Exclude<Delivery<Event>, Mark> {
  return delivery.kind === "commit";
}

/** Is it a mark that says that all history was delivered? */
export function isCaughtUp(delivery: Delivery<DomainEvent>): boolean {
  return delivery.kind === "mark" && delivery.caughtUp;
}

/** Is it a mark at or beyond this sequence? */
export function markFrom(sequence: Sequence): (delivery: Delivery<DomainEvent>) => boolean {
  return (delivery) => delivery.kind === "mark" && delivery.sequence >= sequence;
}

/** Is it the commit at this sequence? */
export function lastOf(sequence: Sequence): (delivery: Delivery<DomainEvent>) => boolean {
  return (delivery) => delivery.kind === "commit" && delivery.sequence === sequence;
}

/** Commits ascend; a mark is never lower than what came before, and nothing later is at or below it. */
export function assertHonest(deliveries: readonly Delivery<DomainEvent>[]): void {
  let reached = 0;
  let caughtUp = false;
  for (const delivery of deliveries) {
    if (delivery.kind === "commit") {
      assert.ok(delivery.sequence > reached, `commit ${delivery.sequence} after ${reached}`);
    } else {
      assert.ok(delivery.sequence >= reached, `mark ${delivery.sequence} after ${reached}`);
      assert.ok(delivery.caughtUp || !caughtUp, "once caught up, always caught up");
      caughtUp = delivery.caughtUp;
    }
    reached = delivery.sequence;
  }
  const commits = sequencesOf(deliveries.filter(isCommit));
  assert.equal(new Set(commits).size, commits.length);
}
