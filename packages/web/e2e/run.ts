import { webSuite } from "./suite.js";

// biome-ignore lint/style/noProcessEnv: a suite is told its server by the environment
const url = process.env.PAYDOWN_E2E_URL ?? process.argv[2];
if (url === undefined) {
  console.error("Say which server: PAYDOWN_E2E_URL=http://127.0.0.1:7860");
  process.exitCode = 2;
} else {
  const { passed, failed } = await webSuite(url);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
