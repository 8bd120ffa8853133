// Lets a thread load TypeScript: on Node 20 `tsx` does so in the main thread only.
import { register } from "tsx/esm/api";

register();
