import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./port.js";

export interface PostgresServer {
  /** URL of a fresh, empty database. */
  createDatabase(): string;
  stop(): void;
}

/** Why no server can be started here; undefined when one can. */
export function postgresMissing(): string | undefined {
  return binaries() === undefined ? "PostgreSQL's server is not installed (Debian package postgresql-15)" : undefined;
}

/** A throw-away PostgreSQL cluster on loopback with fsync on, as interop and contract tests need it. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = binaries();
  if (bin === undefined) throw new TypeError(postgresMissing());
  const folder = mkdtempSync(join(tmpdir(), "paydown-pg-"));
  const port = await freePort();
  const asRoot = process.getuid?.() === 0;
  const run = (command: string): void => {
    const argv = asRoot ? ["su", "postgres", "-s", "/bin/sh", "-c", command] : ["/bin/sh", "-c", command];
    execFileSync(argv[0] as string, argv.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
  };
  if (asRoot) execFileSync("chown", ["postgres", folder]);
  run(`${bin}/initdb -D ${folder}/pg -A trust -U postgres -N --locale=C.UTF-8 -E UTF8`);
  const flags = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c max_connections=200`;
  run(`${bin}/pg_ctl -D ${folder}/pg -w -l ${folder}/log -o '${flags}' start`);
  let n = 0;
  return {
    createDatabase() {
      const name = `t${process.pid}_${n++}`;
      run(`${bin}/psql -h 127.0.0.1 -p ${port} -U postgres -q -c "create database ${name}"`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    stop() {
      spawnSync("/bin/sh", [
        "-c",
        `${asRoot ? "su postgres -s /bin/sh -c" : "sh -c"} "${bin}/pg_ctl -D ${folder}/pg -m immediate stop"`,
      ]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function binaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  const version = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0];
  const bin = `${root}/${version}/bin`;
  return version !== undefined && existsSync(`${bin}/initdb`) ? bin : undefined;
}
