import {
  createToken,
  listProjects,
  listRoles,
  listTokens,
  type Role,
  revokeToken,
  type Token,
  testPermission,
  updateProject,
  whoAmI,
} from "@paydown/api/accounts";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { signedIn, signOut } from "#kit/data/client.js";
import { useAction, useOperation, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { Page, Pairs, Section } from "#kit/page/page.jsx";
import { CopyText } from "#kit/states/copy-text.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField } from "#routes/use-place.js";
import css from "./accounts.module.css";
import { Grants, People } from "./people.jsx";

/** Who you are here, what tokens there are, and what each role may do. */
export function Screen() {
  const [chosen, choose] = useField("project");
  const projects = useOperation(listProjects, {});
  const project = chosen ?? projects.data?.items[0]?.name;
  const me = useOperation(whoAmI, {});
  return (
    <Page title="Settings" lede="Telemetry: none. No request leaves this server.">
      <div className={css.stack}>
        <Section title="You">
          <Loaded question={me} what="Who you are" lines={2}>
            {(who) => (
              <>
                <Pairs
                  of={[
                    ["name", who.name],
                    ["kind", who.kind],
                    [
                      "roles",
                      who.roles
                        .map((one) => `${one.role} in ${one.project === "*" ? "all projects" : one.project}`)
                        .join(", "),
                    ],
                  ]}
                />
                {signedIn() === undefined ? null : (
                  <div>
                    <Button
                      onClick={() => {
                        signOut();
                        globalThis.location.reload();
                      }}
                    >
                      Sign this tab out
                    </Button>
                  </div>
                )}
              </>
            )}
          </Loaded>
        </Section>
        {project === undefined ? null : (
          <>
            <Select label="Project" value={project} onChange={(event) => choose(event.target.value)}>
              {(projects.data?.items ?? []).map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title}
                </option>
              ))}
            </Select>
            <Capacity key={project} project={project} />
            <p>
              <Go to={paths.storage(project)}>Storage of {project}</Go>: sizes by kind, retention, removing for good.
            </p>
            <Tokens project={project} />
            <People project={project} />
            <Grants project={project} />
            <MayI project={project} />
          </>
        )}
        <Roles />
      </div>
    </Page>
  );
}

function Capacity({ project }: { project: string }) {
  const projects = useOperation(listProjects, {});
  const save = useAction(updateProject, ["accounts", "debt"]);
  const one = projects.data?.items.find((item) => item.name === project);
  if (one === undefined) return null;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const hours = Number(form.get("hours"));
    const rate = Number(form.get("rate"));
    save.mutate({
      project,
      title: String(form.get("title")),
      ...(hours > 0 ? { weeklyHours: hours } : {}),
      ...(rate > 0 ? { hourlyRate: rate } : {}),
    });
  }
  return (
    <Section title="Project" note="capacity turns hours into shares">
      <form className={css.form} onSubmit={submit}>
        <TextField label="Title" name="title" defaultValue={one.title} />
        <TextField
          label="Working hours a week"
          name="hours"
          type="number"
          min="0"
          step="any"
          defaultValue={one.weeklyHours ?? ""}
        />
        <TextField
          label={`Price of an hour, ${one.currency}`}
          name="rate"
          type="number"
          min="0"
          step="any"
          defaultValue={one.hourlyRate ?? ""}
        />
        <Button type="submit" disabled={save.isPending}>
          Save
        </Button>
        <span role="status">{save.error !== null ? tell(save.error).message : save.isSuccess ? "Saved." : ""}</span>
      </form>
    </Section>
  );
}

function Tokens({ project }: { project: string }) {
  const pages = usePages(listTokens, { project, limit: 200 });
  const create = useAction(createToken);
  const revoke = useAction(revokeToken);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({ project, name: String(form.get("name")), role: toRole(String(form.get("role"))) });
  }
  const columns: Column<Token>[] = [
    { id: "name", header: "token", width: 200, head: true, cell: (row) => row.name },
    { id: "prefix", header: "begins with", width: 110, cell: (row) => <code>{row.prefix}</code> },
    { id: "scope", header: "may", width: 320, cell: (row) => <span title={row.scope}>{row.scope}</span> },
    { id: "used", header: "last used", width: 110, cell: (row) => <When at={row.lastUsedAt} /> },
    { id: "made", header: "made", width: 110, cell: (row) => <When at={row.createdAt} /> },
    {
      id: "ends",
      header: "ends",
      width: 110,
      cell: (row) => (row.expiresAt === undefined ? "never" : <When at={row.expiresAt} />),
    },
    {
      id: "act",
      header: "",
      hint: "Revoke",
      width: 110,
      cell: (row) =>
        row.revokedAt === undefined ? (
          <Button onClick={() => revoke.mutate({ project, token: row.id })}>Revoke</Button>
        ) : (
          <Tag>revoked</Tag>
        ),
    },
  ];
  return (
    <Section title="Tokens" note="only the hash is kept; the secret is shown once">
      <form className={css.form} onSubmit={submit}>
        <TextField label="What it is for" name="name" required />
        <Select label="Role" name="role">
          <option value="viewer">viewer</option>
          <option value="editor">editor</option>
          <option value="approver">approver</option>
          <option value="admin">admin</option>
        </Select>
        <Button type="submit" kind="primary" disabled={create.isPending}>
          Make a token
        </Button>
      </form>
      {create.data === undefined ? null : (
        <div className={css.secret} role="status">
          <code>{create.data.secret}</code>
          <CopyText text={create.data.secret} label="Copy the secret" />
          <span>Shown this once. Keep it now.</span>
        </div>
      )}
      {create.error === null && revoke.error === null ? null : (
        <p role="alert">{tell(create.error ?? revoke.error).message}</p>
      )}
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The tokens" lines={3}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>No token is good for this project.</p>
          ) : (
            <Table label="Tokens" rows={rows} columns={columns} rowKey={(row) => row.id} />
          )
        }
      </Loaded>
    </Section>
  );
}

function toRole(text: string): Role {
  return text === "admin" || text === "approver" || text === "editor" ? text : "viewer";
}

const PERMISSIONS = ["read", "write", "approve", "admin"] as const;

/** "May this token promote?" */
function MayI({ project }: { project: string }) {
  const [permission, setPermission] = useState<(typeof PERMISSIONS)[number]>("approve");
  const [token, setToken] = useState("");
  const tokens = usePages(listTokens, { project, limit: 200 });
  const answer = useOperation(
    testPermission,
    { project, permission, ...(token === "" ? {} : { token }) },
    { keep: true },
  );
  return (
    <Section title="May it?">
      <div className={css.form}>
        <Select label="Who" value={token} onChange={(event) => setToken(event.target.value)}>
          <option value="">you</option>
          {(tokens.data?.pages.flatMap((page) => page.items) ?? []).map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
        <Select
          label="May"
          value={permission}
          onChange={(event) => setPermission(PERMISSIONS.find((one) => one === event.target.value) ?? "read")}
        >
          {PERMISSIONS.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <span role="status">
          {answer.data === undefined ? "" : <Answer of={answer.data.allowed ? "yes" : "no"} />} {answer.data?.because}
        </span>
      </div>
    </Section>
  );
}

function Roles() {
  const roles = useOperation(listRoles, {});
  return (
    <Section title="Roles">
      <Loaded question={roles} what="The roles" lines={4}>
        {({ items }) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
          <section className={css.scroll} tabIndex={0} aria-label="Roles and permissions">
            <table className={css.matrix}>
              <thead>
                <tr>
                  <th scope="col">role</th>
                  {PERMISSIONS.map((one) => (
                    <th key={one} scope="col">
                      {one}
                    </th>
                  ))}
                  <th scope="col">in words</th>
                </tr>
              </thead>
              <tbody>
                {items.map((role) => (
                  <tr key={role.role}>
                    <th scope="row">{role.role}</th>
                    {PERMISSIONS.map((one) => (
                      <td key={one}>
                        <Answer of={role.permissions.includes(one) ? "yes" : "no"} />
                      </td>
                    ))}
                    <td>{role.doc}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Loaded>
    </Section>
  );
}
