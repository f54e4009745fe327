import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "#kit/controls/button.jsx";
import { Key } from "#kit/controls/mark.jsx";
import { keysAreOn, switchKeys } from "#kit/keys.js";
import { places } from "./places.js";
import css from "./shell.module.css";

const ON_A_PAGE: readonly (readonly [readonly string[], string])[] = [
  [["Ctrl", "K"], "search, or go to anything by id, name, commit or code"],
  [["j"], "next row"],
  [["k"], "previous row"],
  [["x"], "select the row"],
  [["Space"], "preview the row beside the list"],
  [["Enter"], "open the row"],
  [["e"], "evidence of the item"],
  [["c"], "compare the selected rows"],
  [["["], "previous tab"],
  [["]"], "next tab"],
  [["Esc"], "close the panel"],
];

export default function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(keysAreOn);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className={css.dialog} onClose={onClose} aria-label="Keys">
      <header>
        <h2>Keys</h2>
        <IconButton label="Close" onClick={() => dialog.current?.close()}>
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      <dl className={css.keys}>
        {places
          .flatMap((place) => place.entries)
          .filter((entry) => entry.key !== undefined)
          .map((entry) => (
            <KeyRow key={entry.name} keys={["g", entry.key ?? ""]} does={entry.name.toLowerCase()} />
          ))}
        <KeyRow keys={["g", "i"]} does="inbox" />
        {ON_A_PAGE.map(([keys, does]) => (
          <KeyRow key={does} keys={keys} does={does} />
        ))}
      </dl>
      <label className={css.option}>
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            switchKeys(event.target.checked);
            setOn(event.target.checked);
          }}
        />
        Single-letter keys are on
      </label>
    </dialog>
  );
}

function KeyRow({ keys, does }: { keys: readonly string[]; does: string }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <Key key={key}>{key}</Key>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}
