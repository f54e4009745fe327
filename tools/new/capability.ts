import type { NewFile } from "../new.ts";
import { camel, pascal, title } from "./words.ts";

/** A capability with its contract, its guide page, and a first noun that can be noted and listed. */
export function capabilityFiles(name: string): NewFile[] {
  const folder = `packages/platform/src/capabilities/${name}`;
  const code = name.toUpperCase().replaceAll("-", "_");
  const table = `${name.replaceAll("-", "_")}_notes`;
  const Tables = `${pascal(name)}Tables`;
  return [
    {
      path: `packages/api/src/${name}.ts`,
      text: `import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject } from "./values.js";

export const Note = Type.Object({
  id: Type.String({ description: "Identity of the note." }),
  text: Type.String({ description: "What was noted." }),
  at: Type.Integer({ description: "When (ms, UTC)." }),
});
export type Note = Static<typeof Note>;

export const addNote = defineOperation({
  name: "${name}.addNote",
  method: "POST",
  path: "/projects/:project/${name}/notes",
  input: Type.Object({
    ...InProject,
    text: Type.String({ minLength: 1, maxLength: 4000, description: "What to note." }),
  }),
  reply: Note,
  permission: "write",
  doc: "Note something.",
  cli: { command: "${name} note", positional: ["text"] },
});

export const listNotes = defineOperation({
  name: "${name}.listNotes",
  method: "GET",
  path: "/projects/:project/${name}/notes",
  input: Type.Object({ ...InProject }),
  reply: Type.Object({ items: Type.Array(Note, { description: "Notes, newest first." }) }),
  permission: "read",
  doc: "List what was noted.",
  cli: { command: "${name} notes" },
});

export const NoteAdded = defineEvent({
  name: "${name}.note-added",
  payload: Type.Object({ id: Type.String({ description: "Identity of the note." }) }),
  doc: "Something was noted.",
});
`,
    },
    {
      path: `${folder}/README.md`,
      text: `# ${title(name)}

One sentence: what it is for.

**Nouns.** A *note* is what somebody noted.

**Invariants**

- A note is never changed.

**Tables.** \`${table}\`.

**Emits** \`${name}.note-added\`. **Listens to** nothing.
`,
    },
    {
      path: `${folder}/index.ts`,
      text: `import { addNote, listNotes } from "@paydown/api/${name}";
import { type Capability, defineCapability, implement } from "#base/capability.js";
import { note } from "./actions.js";
import { errors } from "./errors.js";
import { migrations } from "./tables.js";
import { viewNotes } from "./views.js";

export const ${camel(name)}: Capability = defineCapability({
  name: "${name}",
  migrations,
  errors: errors.catalogue,
  operations: [implement(addNote, note), implement(listNotes, viewNotes)],
});
`,
    },
    {
      path: `${folder}/errors.ts`,
      text: `import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  ${code}_NOTE_BLANK: {
    status: 400,
    message: "A note needs more than blanks.",
    next: "Say what to note.",
  },
});
`,
    },
    {
      path: `${folder}/tables.ts`,
      text: `import { defineMigration } from "#base/db/tables.js";

export const migrations = [
  defineMigration(
    "${name}-0001-notes",
    \`create table ${table} (
      id text primary key,
      project text not null,
      text text not null,
      at {int} not null
    )\`,
    "create index ${table}_project on ${table} (project, id)",
  ),
];

export interface NoteRow {
  id: string;
  project: string;
  text: string;
  at: number;
}

export interface ${Tables} {
  ${table}: NoteRow;
}
`,
    },
    {
      path: `${folder}/store.ts`,
      text: `import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { ${Tables}, NoteRow } from "./tables.js";

const q = queries<${Tables}>();

export async function insertNote(tx: Tx, row: NoteRow): Promise<void> {
  await tx.run(q.insertInto("${table}").values(row));
}

export function listNotes(r: Reader, project: string): Promise<NoteRow[]> {
  return r.all(q.selectFrom("${table}").selectAll().where("project", "=", project).orderBy("id", "desc").limit(1000));
}
`,
    },
    {
      path: `${folder}/actions.ts`,
      text: `import { type addNote, type Note, NoteAdded } from "@paydown/api/${name}";
import type { Input } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { errors } from "./errors.js";
import { insertNote } from "./store.js";

export async function note(ctx: Ctx, input: Input<typeof addNote>): Promise<Note> {
  if (input.text.trim() === "") throw errors.${code}_NOTE_BLANK();
  const made = { id: ctx.ids.ulid(), text: input.text, at: ctx.clock.now() };
  return ctx.db.write(async (tx) => {
    await insertNote(tx, { ...made, project: input.project });
    await tx.emit(NoteAdded, input.project, { id: made.id });
    return made;
  });
}
`,
    },
    {
      path: `${folder}/views.ts`,
      text: `import type { listNotes } from "@paydown/api/${name}";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { listNotes as list } from "./store.js";

export async function viewNotes(ctx: Ctx, input: Input<typeof listNotes>): Promise<Reply<typeof listNotes>> {
  const rows = await ctx.db.read((r) => list(r, input.project));
  return { items: rows.map(({ id, text, at }) => ({ id, text, at })) };
}
`,
    },
    {
      path: `${folder}/actions.test.ts`,
      text: `import { addNote, listNotes } from "@paydown/api/${name}";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStage, type Stage } from "#base/testing/stage.js";
import { ${camel(name)} } from "./index.js";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage([${camel(name)}]);
});
afterEach(() => stage.close());

test("what was noted is listed", async () => {
  const made = await stage.call(addNote, { project: "default", text: "look here" });
  expect((await stage.call(listNotes, { project: "default" })).items).toEqual([made]);
});

test("blanks are not noted", async () => {
  await expect(stage.call(addNote, { project: "default", text: "  " })).rejects.toMatchObject({
    code: "${code}_NOTE_BLANK",
  });
});
`,
    },
    {
      path: `docs/guide/${name}.md`,
      text: `# ${title(name)}\n\nWhat it does for you, the first command, and what you see.\n`,
    },
  ];
}
