import { getSelection, saveSelection } from "@paydown/api/tracking";
import { useMemo, useRef, useState } from "react";
import { client } from "#kit/data/client.js";
import { useOperation } from "#kit/data/use-operation.js";
import { count } from "#kit/numbers/format.js";
import { tell } from "#kit/states/failure.jsx";
import { useField, useSetSearch } from "#routes/use-place.js";

/** Beyond so many the URL holds a short id that the server keeps. */
const IN_URL = 20;
/** As many as the server keeps under one id. */
const MOST = 10_000;

/** The picked runs. They are in the URL: as ids up to twenty, beyond that as `@` and a short id under which the server keeps them. */
export function useSelection(project: string) {
  const [text] = useField("pick");
  const set = useSetSearch();
  const [problem, setProblem] = useState<string>();
  // What was picked here and is not named by the server yet.
  const [ahead, setAhead] = useState<ReadonlySet<string>>();
  // Under which id the server keeps exactly what was picked here.
  const [saved, setSaved] = useState<string>();
  const turn = useRef(0);
  const named = text?.startsWith("@") === true ? text.slice(1) : undefined;
  const kept = useOperation(getSelection, { project, selectionId: named ?? "" }, { enabled: named !== undefined });
  const picked = useMemo<ReadonlySet<string>>(() => {
    if (ahead !== undefined) return ahead;
    if (named !== undefined) return new Set(kept.data?.runIds);
    return new Set((text ?? "").split(",").filter((id) => id !== ""));
  }, [ahead, named, kept.data, text]);

  function pick(next: ReadonlySet<string>) {
    turn.current += 1;
    const mine = turn.current;
    setProblem(undefined);
    setSaved(undefined);
    if (next.size <= IN_URL) {
      setAhead(undefined);
      set({ pick: next.size === 0 ? undefined : [...next].join(",") }, { replace: true });
      return;
    }
    setAhead(next);
    if (next.size > MOST) {
      setProblem(`A selection holds at most ${count(MOST)} runs: these ${count(next.size)} are not in the address.`);
      return;
    }
    client.call(saveSelection, { project, runIds: [...next] }).then(
      (saved) => {
        if (mine !== turn.current) return;
        setSaved(saved.selectionId);
        set({ pick: `@${saved.selectionId}` }, { replace: true });
      },
      (error: unknown) =>
        mine === turn.current && setProblem(`${tell(error).message} The selection is not in the address.`),
    );
  }
  const error = problem ?? (kept.error === null ? undefined : tell(kept.error).message);
  return { picked, pick, problem: error, selectionId: ahead === undefined ? named : saved };
}
