import assert from "node:assert/strict";
import type { StoreWarning } from "../../../event/index.ts";
import type { Running } from "../../../project/index.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, stopping } from "../faults.ts";
import { listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, StartOptions } from "../projection-case.ts";

/** How somebody is told of an end. */
const watching: Readonly<Record<string, readonly [StartOptions, (running: Running) => unknown]>> = {
  onState: [{ onState: () => undefined }, () => undefined],
  onChange: [{}, (running) => running.onChange(() => undefined)],
  done: [{}, (running) => running.done.catch(() => undefined)],
};

/** A failure that nobody watches. */
export const unwatchedCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a failure that nobody watches is a warning, once, with its cause and the way out",
    async check({ open, model, start }) {
      const warnings: StoreWarning[] = [];
      const store = await open({ onWarning: (warning) => warnings.push(warning) });
      const told = () => warnings.filter(({ code }) => code === "failed");
      const faults = new Faults();
      const error = faults.break("a:1");
      await put(store, "a");
      const failing = async (
        name: string,
        options: StartOptions,
        watch: (r: Running) => unknown,
      ) => {
        const projection = listing(model(name), { name, before: faults.meet, onError: stopping });
        const running = start(projection, { store, ...options });
        watch(running);
        await eventually(() => assert.equal(running.state, "failed"));
        await running.stop();
      };
      for (const [how, [options, watch]] of Object.entries(watching)) {
        await failing(`list-${how}`, options, watch);
        assert.deepEqual(told(), [], how);
      }
      await failing("list-alone", {}, () => undefined);
      const [warning, ...more] = told();
      assert.deepEqual(more, []);
      assert.equal(warning?.cause, error);
      const { message } = warning;
      assert.match(
        message,
        /^projection "list-alone" has failed, and stays at 0: .*start it again/,
      );
      assert.ok(message.includes(error.message));
    },
  },
];
