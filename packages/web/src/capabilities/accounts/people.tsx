import {
  changeUserAdmin,
  createUser,
  deleteUser,
  type Grant,
  giveGrant,
  type Level,
  listGrants,
  listUsers,
  type User,
  withdrawGrant,
} from "@paydown/api/accounts";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { Answer } from "#kit/controls/mark.jsx";
import { useAction, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { Section } from "#kit/page/page.jsx";
import { CopyText } from "#kit/states/copy-text.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import css from "./accounts.module.css";

/** Users who come in with a password, as MLflow's own clients do. */
export function People({ project }: { readonly project: string }) {
  const pages = usePages(listUsers, { limit: 200 });
  const create = useAction(createUser);
  const promote = useAction(changeUserAdmin);
  const remove = useAction(deleteUser);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const failure = create.error ?? promote.error ?? remove.error;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const role = roles.find((one) => one === form.get("role"));
    create.mutate({
      user: String(form.get("user")),
      project,
      ...(role === undefined ? {} : { role }),
    });
  }
  const columns: Column<User>[] = [
    { id: "user", header: "user", width: 200, head: true, cell: (row) => row.user },
    {
      id: "admin",
      header: "admin everywhere",
      width: 140,
      cell: (row) => <Answer of={row.admin ? "yes" : "no"} />,
    },
    { id: "changed", header: "password since", width: 130, cell: (row) => <When at={row.passwordChangedAt} /> },
    { id: "made", header: "made", width: 110, cell: (row) => <When at={row.createdAt} /> },
    { id: "by", header: "by", width: 120, cell: (row) => row.createdBy },
    {
      id: "act",
      header: "",
      hint: "Change",
      width: 260,
      cell: (row) => (
        <span className={css.acts}>
          <Button onClick={() => promote.mutate({ user: row.user, admin: !row.admin })}>
            {row.admin ? "No longer admin" : "Make admin"}
          </Button>
          <Button kind="danger" onClick={() => remove.mutate({ user: row.user })}>
            Delete
          </Button>
        </span>
      ),
    },
  ];
  return (
    <Section title="Users" note="who comes in with a password; MLflow clients send it as MLFLOW_TRACKING_PASSWORD">
      <form className={css.form} onSubmit={submit}>
        <TextField label="Name" name="user" required autoComplete="off" />
        <Select label={`Role in ${project}`} name="role" defaultValue="viewer">
          {roles.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <Button type="submit" kind="primary" disabled={create.isPending}>
          Make a user
        </Button>
      </form>
      {create.data?.password === undefined ? null : (
        <div className={css.secret} role="status">
          <code>{create.data.password}</code>
          <CopyText text={create.data.password} label="Copy the password" />
          <span>The password of {create.data.user.user}, shown this once.</span>
        </div>
      )}
      {failure === null ? null : (
        <p role="alert">
          {tell(failure).message} {tell(failure).next}
        </p>
      )}
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The users" lines={2}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>Nobody comes in with a password; tokens and an open loopback server need none.</p>
          ) : (
            <Table label="Users" rows={rows} columns={columns} rowKey={(row) => row.user} />
          )
        }
      </Loaded>
    </Section>
  );
}

const roles = ["viewer", "editor", "approver", "admin"] as const;
const levels = ["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS"] as const satisfies readonly Level[];

/** Levels on single experiments and models, which decide instead of the role. */
export function Grants({ project }: { readonly project: string }) {
  const pages = usePages(listGrants, { project, limit: 200 });
  const give = useAction(giveGrant);
  const withdraw = useAction(withdrawGrant);
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const failure = give.error ?? withdraw.error;
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    give.mutate({
      project,
      kind: form.get("kind") === "model" ? "model" : "experiment",
      resource: String(form.get("resource")),
      user: String(form.get("user")),
      level: levels.find((one) => one === form.get("level")) ?? "READ",
    });
  }
  const columns: Column<Grant>[] = [
    { id: "who", header: "who", width: 200, head: true, cell: (row) => row.user ?? `all of set ${row.set ?? ""}` },
    { id: "level", header: "may", width: 150, cell: (row) => row.level },
    {
      id: "resource",
      header: "on",
      width: 260,
      cell: (row) => (row.resource === "*" ? `every ${row.kind}` : `${row.kind} ${row.resource}`),
    },
    { id: "since", header: "since", width: 110, cell: (row) => <When at={row.since} /> },
    { id: "by", header: "by", width: 120, cell: (row) => row.by },
    {
      id: "act",
      header: "",
      hint: "Withdraw",
      width: 110,
      cell: (row) =>
        row.user === undefined ? null : (
          <Button
            onClick={() =>
              withdraw.mutate({ project, kind: row.kind, resource: row.resource, user: row.user as string })
            }
          >
            Withdraw
          </Button>
        ),
    },
  ];
  return (
    <Section title="Grants" note="on one experiment or model; a grant decides instead of the role, an admin may always">
      <form className={css.form} onSubmit={submit}>
        <TextField label="User" name="user" required autoComplete="off" />
        <Select label="Level" name="level">
          {levels.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </Select>
        <Select label="On" name="kind">
          <option value="experiment">experiment, by id</option>
          <option value="model">model, by name</option>
        </Select>
        <TextField label="Which, or * for all" name="resource" required />
        <Button type="submit" disabled={give.isPending}>
          Give
        </Button>
      </form>
      {failure === null ? null : (
        <p role="alert">
          {tell(failure).message} {tell(failure).next}
        </p>
      )}
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The grants" lines={2}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>No grant: roles alone decide in this project.</p>
          ) : (
            <Table
              label="Grants"
              rows={rows}
              columns={columns}
              rowKey={(row) => `${row.user ?? row.set}:${row.kind}:${row.resource}`}
            />
          )
        }
      </Loaded>
    </Section>
  );
}
