import { type Static, Type } from "typebox";

/** What every door of the native API answers when it refuses or fails. Protocol doors wrap the same facts in their own envelope. */
export const ErrorReply = Type.Object({
  code: Type.String({ description: "Stable `UPPER_SNAKE` code, prefixed by capability; see the error reference." }),
  message: Type.String({ description: "What was wrong, with the offending value." }),
  next: Type.String({ description: "The next step to take." }),
  details: Type.Optional(Type.Unknown({ description: "Machine-readable particulars, e.g. the failing field." })),
});
export type ErrorReply = Static<typeof ErrorReply>;
