/** Reacts to orders, checkpoints in the store: `<nats url> <store>`. */
import { react } from "jetfold";
import { beginner, letGo, openStore, stay, tellState } from "../projections/child.ts";
import { fulfilment } from "./warehouse.ts";

const [url, storeName] = process.argv.slice(2);
await letGo();
const begin = beginner();
const store = await openStore(url!, storeName!);
const { react: decide, ...reactor } = fulfilment();
const telling = {
  ...reactor,
  react: (...args: Parameters<typeof decide>) => {
    begin();
    return decide(...args);
  },
};
await stay(react(store, telling, { onState: tellState }));
