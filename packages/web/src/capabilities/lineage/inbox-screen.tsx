import { answerNotice, listNotices, type Notice } from "@paydown/api/lineage";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, usePages } from "#kit/data/use-operation.js";
import { count, many } from "#kit/numbers/format.js";
import { ago } from "#kit/numbers/time.js";
import { Page } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import css from "./lineage.module.css";

/** What changes, which assets it reaches and by when; each team acknowledges or objects. */
export function Screen() {
  const project = useProject();
  const pages = usePages(listNotices, { project, limit: 100 });
  const notices = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const waiting = notices.filter((notice) => notice.state === "waiting").length;
  return (
    <Page
      title="Inbox"
      lede={
        pages.data === undefined
          ? undefined
          : notices.length === 0
            ? undefined
            : waiting === 0
              ? "No notice waits for an answer."
              : `${many(waiting, "notice")} wait${waiting === 1 ? "s" : ""} for an answer.`
      }
    >
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The inbox">
        {() =>
          notices.length === 0 ? (
            <Empty
              title="No change was announced"
              command={paydown(
                `notices announce dataset:my-data --what "dep_delay becomes minutes" --takes-effect-at ${Date.now() + 7 * 86_400_000}`,
                project,
              )}
            >
              Before a definition changes, every team that depends on it is asked; the merge waits for their answer.
            </Empty>
          ) : (
            <>
              {notices.map((notice) => (
                <NoticeEntry key={notice.id} notice={notice} project={project} />
              ))}
              {pages.hasNextPage ? <Button onClick={() => void pages.fetchNextPage()}>Load more</Button> : null}
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function NoticeEntry({ notice, project }: { notice: Notice; project: string }) {
  return (
    <article className={css.notice}>
      <h2>{notice.what}</h2>
      <p className={css.quiet}>
        <Go to={nodePath(project, notice.node)}>{`${notice.node.kind} ${notice.node.id}`}</Go>, takes effect{" "}
        {ago(notice.takesEffectAt, Date.now())}, announced by {notice.announcedBy} <Tag>{notice.state}</Tag>
        {notice.unowned.length > 0 ? ` ${count(notice.unowned.length)} reached nodes have no owner to ask.` : ""}
      </p>
      <ul className={css.answers}>
        {notice.answers.map((answer) => (
          <li key={answer.team}>
            <b>{answer.team}</b>: {answer.state}, {many(answer.reached, "node")} reached
            {answer.reason === undefined ? "" : `: ${answer.reason}`}
            <span className={css.quiet}> {answer.example.join(" > ")}</span>
            {answer.state === "waiting" && notice.state === "waiting" ? (
              <AnswerForm notice={notice.id} team={answer.team} project={project} />
            ) : null}
          </li>
        ))}
      </ul>
    </article>
  );
}

function AnswerForm({ notice, team, project }: { notice: string; team: string; project: string }) {
  const answer = useAction(answerNotice);
  const [reason, setReason] = useState("");
  const say = (word: "acknowledge" | "object") =>
    answer.mutate({ project, notice, team, answer: word, ...(reason === "" ? {} : { reason }) });
  return (
    <form onSubmit={(event: FormEvent) => event.preventDefault()}>
      <TextField label={`Reason, for ${team}`} value={reason} onChange={(event) => setReason(event.target.value)} />
      <Button kind="primary" onClick={() => say("acknowledge")} disabled={answer.isPending}>
        Acknowledge
      </Button>
      <Button onClick={() => say("object")} disabled={answer.isPending || reason === ""}>
        Object
      </Button>
      <span role="status">{answer.error === null ? "" : tell(answer.error).message}</span>
    </form>
  );
}
