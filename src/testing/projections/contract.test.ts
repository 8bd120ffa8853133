import { describe, expect, test } from "vitest";
import { ConfigError } from "../../event/index.ts";
import { MemoryStore } from "../../memory/index.ts";
import {
  type Checkpoints,
  memoryCheckpoints,
  type ResumedCheckpoint,
  type Step,
} from "../../project/index.ts";
import { projectionContract, skippedProjectionCases } from "./contract.ts";
import type { ProjectionHarness } from "./projection-harness.ts";

const bare: ProjectionHarness = {
  open: (options) => MemoryStore.open({ onWarning: () => undefined, ...options }),
  readSide: () => ({ checkpoints: memoryCheckpoints }),
  missing: {
    foreign: "nobody else gets at it",
    durable: "they end with the process",
    transactional: "the model is an array",
  },
};

describe("a harness of projections", () => {
  test("gets cases whose names are unique and tell their area", () => {
    const names = projectionContract(bare).map(({ name, area }) => {
      expect(name.startsWith(`${area}: `)).toBe(true);
      return name;
    });
    expect(new Set(names).size).toBe(names.length);
  });

  test("is not given the cases it cannot run, and is told which and why", () => {
    const skipped = skippedProjectionCases(bare);
    expect(new Set(skipped.map(({ capability }) => capability)).size).toBe(3);
    for (const { capability, reason } of skipped) expect(reason).toBe(bare.missing?.[capability]);
    const names = new Set(projectionContract(bare).map(({ name }) => name));
    for (const { name } of skipped) expect(names.has(name)).toBe(false);
  });

  test("must say why something is missing, and excuse nothing that it has", async () => {
    const { foreign: _reason, ...missing } = bare.missing!;
    expect(() => projectionContract({ ...bare, missing })).toThrow(ConfigError);
    const empty = { ...bare, missing: { ...bare.missing, durable: "" } };
    expect(() => projectionContract(empty)).toThrow(/missing.durable/);
    const { durable: _too, ...excused } = bare.missing!;
    const [first] = projectionContract({ ...bare, missing: excused });
    await expect(first!.run()).rejects.toThrow(/must be durable/);
    const claiming = { checkpoints: () => ({ ...memoryCheckpoints(), transactional: true }) };
    const { transactional: _claimed, ...rest } = bare.missing!;
    const claim = { ...bare, missing: rest, readSide: () => claiming };
    await expect(projectionContract(claim)[0]!.run()).rejects.toThrow(/come with models/);
  });
});

type Alteration = (checkpoints: Checkpoints) => Partial<Checkpoints>;

/** The same checkpoints, resumed with some members replaced. */
function resumed(
  change: (one: ResumedCheckpoint) => Partial<ResumedCheckpoint>,
): (checkpoints: Checkpoints) => Partial<Checkpoints> {
  return (checkpoints) => ({
    async resume(owner) {
      const one = await checkpoints.resume(owner);
      return { ...one, ...change(one) };
    },
  });
}

/** What is wrong with checkpoints, and the cases that must notice it. */
const defects: readonly [string, RegExp, Alteration][] = [
  ["forget the position", /^delivery: each run goes on/, resumed(() => ({ at: undefined }))],
  [
    "are ahead of the work",
    /^delivery: each run goes on|^supervision: a projection that gives up/,
    resumed(({ at }) => ({ at: at && { ...at, sequence: at.sequence + 1 } })),
  ],
  [
    "lose what is set aside",
    /^supervision: what is set aside stays so/,
    resumed(() => ({ parked: [] })),
  ],
  [
    "do not notice a second runner",
    /^supervision: a second runner is noticed/,
    resumed(() => ({ write: async ({ work }) => work?.(undefined) })),
  ],
  [
    "do not know the active version",
    /^versions: an older version that is started later/,
    resumed(() => ({ active: undefined })),
  ],
  [
    "tell queries of the wrong version",
    /^versions: a new version is built/,
    () => ({ activeVersion: async () => 1 }),
  ],
  [
    "forget nothing",
    /^versions: a version that is not active can be dropped/,
    () => ({ forget: async (_owner, work) => work?.(undefined) }),
  ],
  [
    "let a version take over that is behind",
    /^versions: create and activate/,
    resumed(({ activate }) => ({
      async activate(step) {
        await step.work?.(undefined);
        return activate(step);
      },
    })),
  ],
  [
    "lose how far the effects are",
    /^versions: a new version does the effects/,
    resumed(({ at, activate }) => ({
      at: at && { ...at, effects: 0 },
      activate: (step) => {
        const takeOn: Step["takeOn"] = async (before) => {
          const checkpoint = before?.checkpoint && { ...before.checkpoint, effects: 0 };
          return (await step.takeOn?.(before && { ...before, checkpoint })) ?? [];
        };
        return activate({ ...step, takeOn });
      },
    })),
  ],
];

describe("the contract notices checkpoints that", () => {
  test.each(defects)(
    "%s",
    async (_defect, cases, change) => {
      const readSide = () => ({
        checkpoints() {
          const sound = memoryCheckpoints();
          return { ...sound, ...change(sound) };
        },
      });
      const noticing = projectionContract({ ...bare, readSide }).filter(({ name }) =>
        cases.test(name),
      );
      expect(noticing.length).toBeGreaterThan(0);
      for (const { run } of noticing) await expect(run()).rejects.toThrow();
    },
    60_000,
  );
});
