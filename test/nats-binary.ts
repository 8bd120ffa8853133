import { resolveNatsServer, runningServerUrl } from "../src/testing/nats-server/index.ts";

/** Before any integration test: have a server, or say at once why there is none. */
export async function setup(): Promise<void> {
  const { version, source, path } = await resolveNatsServer();
  console.error(`nats-server ${version} (${source}: ${path})`);
  const url = runningServerUrl();
  if (url !== undefined)
    console.error(`NATS_URL is set; tests start servers of their own all the same`);
}
