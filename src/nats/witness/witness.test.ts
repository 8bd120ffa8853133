import { setTimeout as delay } from "node:timers/promises";
import { StreamChangedError, UnavailableError } from "jetfold";
import { expect, onTestFinished, test } from "vitest";
import { Witness, type WitnessTiming } from "./witness.ts";

const rewound = new StreamChangedError("s", 20, "the stream was rewound");
const timing: WitnessTiming = { everyMs: 3_600_000, apartMs: 300 };

/** A witness of a stream that shows itself as told. */
class Scene {
  interruptions = 0;
  looks = 0;
  /** How many there had been by the verdict. */
  looksUntilJudged = 0;
  readonly verdicts: Error[] = [];
  readonly witness: Witness;

  constructor(
    show: () => Error | undefined,
    { same, ...more }: Partial<WitnessTiming> & { readonly same?: boolean } = {},
  ) {
    this.witness = new Witness({
      look: () => {
        this.looks++;
        return new Promise((resolve) => {
          const error = show();
          resolve(error && { error, ...(same && { same }) });
        });
      },
      interruptions: () => this.interruptions,
      judged: (error) => {
        this.verdicts.push(error);
        this.looksUntilJudged = this.looks;
      },
      timing: { ...timing, ...more },
    });
    onTestFinished(() => this.witness.close(new Error("over")));
  }
}

test("a lie that ends before looks are far enough apart accuses nobody", async () => {
  const until = performance.now() + timing.apartMs * 0.4;
  const scene = new Scene(() => (performance.now() < until ? rewound : undefined));
  await scene.witness.prove();
  expect(scene.looks).toBeGreaterThan(1);
  expect(scene.witness.verdict).toBeUndefined();
  expect(scene.witness.trusts()).toBe(true);
  expect(scene.verdicts).toEqual([]);
});

test("what stays is believed, once the looks are far enough apart, and for good", async () => {
  const beganMs = performance.now();
  let shown: Error | undefined = rewound;
  const scene = new Scene(() => shown);
  const proofs = await Promise.allSettled([scene.witness.prove(), scene.witness.prove()]);
  expect(proofs.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(timing.apartMs);
  expect(scene.verdicts).toEqual([rewound]);
  shown = undefined;
  await expect(scene.witness.prove()).rejects.toBe(rewound);
});

test("looks with a silence between them do not add up", async () => {
  const beganMs = performance.now();
  let failures = 3;
  let wrong = true;
  const scene = new Scene(() => {
    if (!wrong) return undefined;
    if (failures-- % 2 === 0) throw new UnavailableError("no answer");
    return rewound;
  });
  while (performance.now() - beganMs < timing.apartMs * 2) {
    await expect(scene.witness.prove()).rejects.toThrow(/no answer/);
    failures += 2;
    await delay(timing.apartMs / 4);
  }
  expect(scene.witness.trusts()).toBe(false);
  wrong = false;
  await scene.witness.prove();
  expect(scene.verdicts).toEqual([]);
});

test("a stream that is put right is of use again", async () => {
  let shown: Error | undefined = new Error("it has a max_age");
  const scene = new Scene(() => shown, { everyMs: 20 });
  await expect(scene.witness.prove()).rejects.toThrow(/max_age/);
  expect(scene.witness.verdict).toBe(shown);
  shown = undefined;
  await expect.poll(() => scene.witness.verdict).toBeUndefined();
  expect(scene.witness.trusts()).toBe(true);
});

test("who came while it was looked at is told after one look more", async () => {
  const wrong = new Error("it has a max_age");
  let later: Promise<unknown> | undefined;
  const scene = new Scene(() => {
    queueMicrotask(() => {
      later ??= scene.witness.prove().catch((error: unknown) => error);
    });
    return wrong;
  });
  await expect(scene.witness.prove()).rejects.toBe(wrong);
  expect(await later).toBe(wrong);
  expect(scene.looks).toBe(scene.looksUntilJudged + 1);
  expect(scene.verdicts).toEqual([wrong]);
});

test("after an interruption one look serves all who wait, and none is made without need", async () => {
  const scene = new Scene(() => undefined);
  expect(scene.witness.trusts()).toBe(true);
  scene.interruptions++;
  expect(scene.witness.trusts()).toBe(false);
  await Promise.all(Array.from({ length: 100 }, () => scene.witness.prove()));
  expect(scene.looks).toBe(1);
  await scene.witness.proveNow();
  expect(scene.looks).toBe(1);
});

test("what was proved some time ago is no proof of what is read now", async () => {
  const scene = new Scene(() => undefined, { everyMs: 400 });
  expect(scene.witness.isRecent()).toBe(true);
  await expect.poll(() => scene.witness.isRecent()).toBe(false);
  expect(scene.witness.trusts()).toBe(true);
  expect(scene.looks).toBe(0);
  await scene.witness.proveNow();
  expect(scene.looks).toBe(1);
  expect(scene.witness.isRecent()).toBe(true);
});

test("who was reading a stream that is purged reads what is left; who comes later is told", async () => {
  const scene = new Scene(() => rewound, { same: true });
  scene.interruptions++;
  const proof = scene.witness.prove().catch((error: unknown) => error);
  await scene.witness.proveNow();
  expect(scene.witness.trusts()).toBe(false);
  expect(scene.verdicts).toEqual([]);
  expect(await proof).toBe(rewound);
  await expect(scene.witness.proveNow()).rejects.toBe(rewound);
});

test("a look that was under way before a call does not prove what the call has opened", async () => {
  const scene = new Scene(() => undefined);
  const first = scene.witness.prove();
  await Promise.resolve();
  await Promise.resolve();
  expect(scene.looks).toBe(1);
  await Promise.all([first, scene.witness.prove()]);
  expect(scene.looks).toBe(2);
});

test("a store in use is looked at now and then, one that nobody uses is not", async () => {
  const scene = new Scene(() => undefined, { everyMs: 20 });
  await delay(100);
  expect(scene.looks).toBe(0);
  const stop = scene.witness.listen(() => undefined);
  await expect.poll(() => scene.looks).toBeGreaterThan(2);
  stop();
  scene.witness.trusts();
  scene.witness.close(new Error("over"));
  const { looks } = scene;
  await delay(100);
  expect(scene.looks).toBe(looks);
});
