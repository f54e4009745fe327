import { defineErrors } from "#base/errors.js";

export const errors = defineErrors({
  DEBT_ITEM_NOT_FOUND: {
    status: 404,
    message: "Project {project} has no debt item {item}.",
    next: "List the items with `paydown ledger`; an id may be cut to its first characters.",
  },
  DEBT_ITEM_AMBIGUOUS: {
    status: 409,
    message: "{item} is the beginning of {count} items of project {project}.",
    next: "Give more characters of the id.",
  },
  DEBT_QUERY_INVALID: {
    status: 400,
    message: "The filter {problem}.",
    next: "Write it like `state:open family:data sev:<=1 sort:-rate`; the guide to the ledger has every key.",
  },
  DEBT_CURSOR_INVALID: {
    status: 400,
    message: "The cursor {cursor} does not belong to this list.",
    next: "Start again without a cursor; a cursor is valid only for the same filter and sort.",
  },
  DEBT_STATE_WRONG: {
    status: 409,
    message: "Item {item} is {state}, so it cannot be {verb}.",
    next: "See its history with `paydown item show {item}`; a closed item is opened again with `paydown item reopen`.",
  },
  DEBT_NO_PAYER: {
    status: 409,
    message: "Nothing here can repair {rule} by itself.",
    next: "Repair it by hand as its remedy says, then run `paydown item prove {item} --what <what you did>`.",
  },
  DEBT_PAYMENT_RUNNING: {
    status: 409,
    message: "Item {item} is being paid already, by payment {payment}.",
    next: "Wait for its proof; `paydown item show {item}` tells how it stands.",
  },
  DEBT_PROOF_EVIDENCE_MISSING: {
    status: 400,
    message: "Item {item} was declared by a person, so no rule can re-check it and evidence is needed.",
    next: "Name at least one commit, pull request, run or document that shows the repair.",
  },
  DEBT_BORROW_ASSET_MISSING: {
    status: 400,
    message: "A loan needs the item it is about, or the asset a new shortcut sticks to.",
    next: "Give `--item <id>` for debt that was found, or `--asset <kind:id>` for a shortcut taken now.",
  },
  DEBT_DUE_PAST: {
    status: 400,
    message: "The due date {due} is not in the future.",
    next: "Give a later one, or leave it out for 90 days from now.",
  },
  DEBT_RENEWAL_NEEDS_OTHER: {
    status: 403,
    message: "Loan {item} was renewed before; a second renewal cannot be signed by {principal}.",
    next: "Ask an approver who did not sign it, or pay it.",
  },
  DEBT_BUDGET_UNKNOWN: {
    status: 400,
    message: "A share of capacity was asked for, but the capacity of project {project} is not known.",
    next: "Give `--capacity <hours a week>` or `--budget-hours <hours>`.",
  },
  DEBT_REASON_MISSING: {
    status: 400,
    message: "To {action} items a reason is needed.",
    next: "Give `--reason <why>`.",
  },
  DEBT_MONTH_AHEAD: {
    status: 400,
    message: "The month {month} has not begun.",
    next: "Ask for this month or an earlier one.",
  },
  DEBT_PAYER_FAILED: {
    status: 500,
    message: "The payer of {rule} failed: {problem}.",
    next: "Read the payment's problem, mend the cause and pay again; the item stayed open.",
  },
});
